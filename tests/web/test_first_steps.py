import shlex
from pathlib import Path

import pytest

from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.cli.record import command
from ssetape.web.first_steps import commands


@pytest.mark.parametrize("folder", [Path(DEFAULT_FOLDER), Path("/x/my captures"), Path("a; 'é'")])
def test_each_is_a_command_that_records_into_the_folder(folder: Path) -> None:
    for _, text in commands(folder):
        program, verb, *words = shlex.split(text)
        assert (program, verb) == ("ssetape", "record")
        context = command.make_context("record", words)
        assert folder in [Path(value) for value in context.params.values() if type(value) is str]


def test_the_default_folder_is_not_spelt_out() -> None:
    assert all("-o" not in text.split() for _, text in commands(Path(DEFAULT_FOLDER)))
