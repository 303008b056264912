"""`ssetape help`: the same as `-h`."""

from collections.abc import Callable

import pytest
from click.testing import Result

from ssetape.cli.verbs.table import VERBS

Invoke = Callable[..., Result]


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_help_is_what_h_shows(verb: str | None, invoke: Invoke) -> None:
    words = [verb] if verb else []
    by_verb, by_option = invoke("help", *words), invoke(*words, "-h")
    assert by_verb.stdout == by_option.stdout != ""
    assert (by_verb.exit_code, by_verb.stderr) == (0, "")


def test_a_mistyped_verb_is_told_as_where_it_is_run(invoke: Invoke) -> None:
    by_verb, run = invoke("help", "expotr"), invoke("expotr")
    assert by_verb.stderr == run.stderr
    assert by_verb.exit_code == run.exit_code == 2
    assert "did you mean export?" in run.stderr
