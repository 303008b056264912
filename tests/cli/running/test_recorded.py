import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from ssetape.cli.running import live
from ssetape.cli.running.proxy import ProxyLog
from ssetape.cli.running.recorded import live_view, note_recorded, print_finished
from ssetape.recording import recording
from ssetape.recording.unrecorded import unrecorded


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
    unrecorded.clear()
    monkeypatch.setattr(recording, "finished", Counter(ends))
    note_recorded(Path("captures"), records_all, "look at the plug")
    nothing = "" if ends else "ssetape: nothing came: look at the plug\n"
    assert capsys.readouterr().err == f"ssetape: {words}\n{nothing}"


def test_what_came_besides_is_told_and_is_in_the_last_line_of_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unrecorded.clear()
    monkeypatch.setattr(recording, "finished", Counter({"complete": 2}))
    unrecorded.add_ordinary("text/html", 404)
    note_recorded(Path("captures"), False, "look at the plug")
    print_finished()
    unrecorded.clear()
    told = capsys.readouterr()
    assert told.err.splitlines()[1:] == [
        "ssetape: 1 response came that does not stream (HTML 404): --all records it"
    ]
    last = json.loads(told.out)
    assert (last["happened"], last["ends"]) == ("finished", {"complete": 2})
    assert last["ordinary"] == [{"kind": "HTML", "status": 404, "count": 1}]
    page = (Path(__file__).parents[3] / "docs" / "json.md").read_text()
    section = page.partition("## `ssetape record --json`")[2].partition("\n## ")[0]
    assert all(f"`{key}`" in section for key in last)


def test_a_view_needs_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    log = ProxyLog()
    assert isinstance(live_view(log, True), live.JsonView)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert live_view(log, False) is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(live_view(log, False), live.TableView)
    assert live_view(log, False, alone=False) is None
