"""What a run says that it recorded; `test_recording.py` tests it with real recordings."""

from types import SimpleNamespace

import pytest

from ssetape.testing import summary

TEST = """
from ssetape.testing.summary import note_kept

def test_one(pytestconfig):
    note_kept(pytestconfig, ["captures/a/one.ssetape", "captures/b/two.ssetape"])

def test_again(pytestconfig):
    note_kept(pytestconfig, ["captures/a/one.ssetape"])
"""


def said(result: pytest.RunResult) -> list[str]:
    """The summary: its line, and the names below it."""
    return [line for line in result.outlines if line.startswith(("ssetape: ", "  captures"))]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_run_says_how_many_files_it_recorded_and_where(
    workers: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(TEST)
    told = "ssetape: 2 captures recorded in captures"
    assert said(pytester.runpytest_inprocess(*workers)) == [told]
    names = ["  captures/a/one.ssetape", "  captures/b/two.ssetape"]
    assert said(pytester.runpytest_inprocess("-v", *workers)) == [told, *names]


def test_a_run_that_recorded_nothing_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_none(): pass")
    assert said(pytester.runpytest_inprocess()) == []


def test_a_name_cannot_command_the_terminal() -> None:
    [line, name] = summary._lines(["a\x1b[2J/b.ssetape"], names_each=True)
    assert (line, name) == (
        "ssetape: 1 capture recorded in a\\x1b[2J",
        "  a\\x1b[2J/b.ssetape",
    )


def test_a_worker_that_died_told_nothing() -> None:
    config = SimpleNamespace(stash=pytest.Stash())
    summary.pytest_testnodedown(SimpleNamespace(config=config))
    assert config.stash[summary._KEPT] == []
