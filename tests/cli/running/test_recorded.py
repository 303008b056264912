import sys
from collections import Counter
from pathlib import Path

import pytest

from ssetape.cli.running import live
from ssetape.cli.running.proxy import ProxyLog
from ssetape.cli.running.recorded import live_view, note_recorded
from ssetape.recording import recording


@pytest.mark.parametrize(
    ("ends", "records_all", "words"),
    [
        ({}, False, "recorded 0 streams in captures"),
        ({"complete": 1}, False, "recorded 1 stream (1 complete) in captures"),
        (
            {"complete": 1, "killed": 2},
            True,
            "recorded 3 exchanges (2 killed, 1 complete) in captures",
        ),
    ],
)
def test_the_last_line_says_how_much_and_how_it_ended(
    ends: dict[str, int],
    records_all: bool,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(recording, "finished", Counter(ends))
    note_recorded(Path("captures"), records_all)
    assert capsys.readouterr().err == f"ssetape: {words}\n"


def test_a_view_needs_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    log = ProxyLog()
    assert isinstance(live_view(log, True), live.JsonView)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert live_view(log, False) is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(live_view(log, False), live.TableView)
    assert live_view(log, False, alone=False) is None
