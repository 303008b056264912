"""The columns of `ls`; that they fit is tested with all tables."""

import pytest

from ssetape.cli.terminal import list_table, output
from ssetape.meaning.beginning import Beginning

LINE = {
    "started": "2026-11-23T09:30:12.123456Z",
    "method": "POST",
    "url": "https://api.test/v1/chat",
    "status": None,
    "chunks": 3,
    "bytes": 100,
    "duration_s": 1.234,
    "end": None,
    "path": "captures/chat.ssetape",
}
WORDS = list_table.word_cells(Beginning("openai-chat", "m-1", 0.25, "Un café"))


def headings(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    columns: int | None = None,
    has_words: bool = True,
    sort: str | None = None,
    is_long: bool = False,
) -> str:
    monkeypatch.setattr(output, "terminal_width", lambda: columns)
    words = [WORDS] if has_words else None
    list_table.print_list([list_table.cells(LINE)], words, sort=sort, is_long=is_long)
    return " ".join(capsys.readouterr().out.splitlines()[0].split())


def test_cells_have_units_and_say_what_is_missing() -> None:
    assert list_table.cells(LINE) == (
        *("2026-11-23 09:30:12", "POST api.test/v1/chat", "-", "3", "100", "1.23 s"),
        *("interrupted", "captures/chat.ssetape"),
    )
    assert WORDS == ("0.250 s", "Un café", "m-1", "openai-chat")
    assert list_table.word_cells(Beginning(None, None, None, "")) == ("-", "", "-", "-")


def test_words_come_before_the_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = "started, UTC request status chunks bytes time end"
    assert headings(capsys, monkeypatch, has_words=False) == f"{base} file"
    assert headings(capsys, monkeypatch) == f"{base} said model protocol file"
    shown = f"{base} first text said model protocol file"
    assert headings(capsys, monkeypatch, is_long=True) == shown
    assert headings(capsys, monkeypatch, sort="first_text") == shown
    assert headings(capsys, monkeypatch, is_long=True, columns=40) == shown


def test_on_a_narrow_terminal_stays_what_tells_captures_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert headings(capsys, monkeypatch, columns=32) == "said file"
    assert headings(capsys, monkeypatch, columns=50, has_words=False) == "request file"
    assert "bytes said file" in headings(capsys, monkeypatch, columns=38, sort="bytes")
