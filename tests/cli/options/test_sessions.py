import click
import pytest

from ssetape.cli.options.sessions import make_rules
from ssetape.replay.sessions.cues import SessionRules


def test_the_options_become_rules() -> None:
    assert make_rules(False, False, False) == SessionRules()
    assert make_rules(True, True, False) == SessionRules(waits=False, rewrites=False)
    assert make_rules(False, False, True) == SessionRules(is_strict=True)


def test_independent_streams_cannot_be_strict() -> None:
    with pytest.raises(click.UsageError, match="leave out --independent"):
        make_rules(True, False, True)
