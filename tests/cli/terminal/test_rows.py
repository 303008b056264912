import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from ssetape.capture import Capture
from ssetape.cli.terminal import rows
from ssetape.cli.terminal.messages import Selected
from ssetape.cli.terminal.rows import Content, Rows, stalls_of, times
from ssetape.format.values import Message
from ssetape.meaning.wording import Phrase, Sort
from ssetape.measures.measure import measure
from ssetape.messages.message import Item, StreamMessage, TimedComment

Open = Callable[..., Capture]
Write = Callable[..., Path]

JSON_DATA = '{"id":"chatcmpl-1","object":"chat.completion.chunk"}'
CAFE = [Phrase(Sort.TEXT, '"café"')]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes stdout a terminal of some width, with colours or not."""

    def make(width: int | None, *, colours: bool = False) -> None:
        monkeypatch.setattr(rows, "terminal_width", lambda: width)
        monkeypatch.setattr(rows, "has_colours", lambda: colours)

    return make


def line(
    item: Item,
    text: str,
    phrases: list[Phrase] | None = None,
    content: Content = Content.WORDS,
    before_s: float = 1.0,
) -> str:
    return Rows(content).line(Selected(item, text, before_s, phrases))


def event(name: str = "message", data: str = "", **fields: object) -> StreamMessage:
    return StreamMessage(1.0, 1.0, name, data)._replace(**fields)


@pytest.mark.parametrize(
    ("gap_s", "drawn"), [(0.0005, ""), (0.01, "██"), (0.1, "████"), (10.0, "████████")]
)
def test_a_bar_is_as_long_as_the_gap_s_logarithm(gap_s: float, drawn: str) -> None:
    assert times(gap_s, 0.0, bars=True).rstrip().endswith(drawn or f"{gap_s:+.3f}")
    assert times(1.0, 0.5) == "     1.000     +0.500"


def test_each_kind_of_item_has_its_row() -> None:
    marked = event("x\x1b", event_id="i", retry_ms=5)
    assert line(marked, "d\n", before_s=0.5).endswith("  x\\x1b #i retry=5  d\\n")
    assert line(TimedComment(1.0, " c", 0), " c").endswith("  : c")
    assert line(event("slow", is_error=True), "d").endswith("  slow error  d")
    assert line(event(""), "d").endswith("+0.000  d")
    message = Message(1.0, True, True, b"\xff")
    assert line(message, "ff").endswith("->        1 B  ff")


def test_words_come_before_the_type_and_data_where_there_is_room(
    terminal: Callable[..., None],
) -> None:
    terminal(80)
    assert line(event(), JSON_DATA, CAFE).endswith('  "café"                    message')
    terminal(120)
    assert '  "café"                    message     {"id":"chat' in line(event(), JSON_DATA, CAFE)
    terminal(None)
    assert line(event(), JSON_DATA, CAFE).endswith(JSON_DATA)


def test_what_is_asked_for_is_shown(terminal: Callable[..., None]) -> None:
    terminal(None)
    assert line(event(), JSON_DATA, CAFE, Content.DATA).endswith(f"+0.000  message     {JSON_DATA}")
    alone = line(event(), JSON_DATA, CAFE, Content.WORDS_ALONE)
    assert alone.endswith('"café"                    message')
    assert line(event(), JSON_DATA, None, Content.WORDS_ALONE).endswith("+0.000  message")


def test_words_that_are_the_data_are_not_said_twice() -> None:
    assert line(event(), "café", CAFE).endswith("+0.000  message     café")


def test_of_a_message_that_adds_nothing_type_and_data_stay(terminal: Callable[..., None]) -> None:
    terminal(80)
    assert line(event("ping"), "{}", []).endswith("  ping        {}")
    terminal(80, colours=True)
    assert line(event("ping"), "{}", []).endswith("\x1b[2mping        \x1b[0m\x1b[2m{}\x1b[0m")


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("words", ['"a"', '"日本語日本語日本語日本語日本語"', "x" * 300])
def test_a_row_is_one_line_whatever_it_says(
    width: int, words: str, terminal: Callable[..., None]
) -> None:
    terminal(width)
    found = line(event("response.output_text.delta"), JSON_DATA * 9, [Phrase(Sort.CALL, words)])
    assert cell_len(found) <= width
    terminal(width, colours=True)
    coloured = line(event("response.output_text.delta"), JSON_DATA * 9, [Phrase(Sort.CALL, words)])
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == found


def test_stalls_errors_and_cuts_are_red_comments_dim_and_text_plain(
    capture: Open, terminal: Callable[..., None]
) -> None:
    terminal(None, colours=True)
    opened = capture([(0.1, b"data: a\n\n"), (9.0, b"data: b\n\n")])
    made = Rows(Content.WORDS, opened)
    row = made.line(Selected(event(t_s=9.0), JSON_DATA, 0.1, CAFE))
    assert row.startswith('\x1b[31m     9.000     +8.900  \x1b[0m"café"')
    assert f"\x1b[2m{JSON_DATA}\x1b[0m" in row
    assert not made.line(Selected(event(t_s=0.1), "d", 0.0, CAFE)).startswith("\x1b")
    failed = [Phrase(Sort.ERROR, "error x")]
    assert "\x1b[31merror x\x1b[0m" in made.line(Selected(event(), "d", 1.0, failed))
    assert made.line(Selected(TimedComment(1.0, "c", 0), "c", 1.0, None)).endswith(
        "\x1b[2m:c\x1b[0m"
    )


def test_stalls_are_those_of_stats_up_to_any_damage(capture: Open) -> None:
    gaps = [0.5, 0.1, 0.9, 0.2, 0.3, 0.2]
    chunks = [(round(sum(gaps[: n + 1]), 3), b"data: x\n\n") for n in range(len(gaps))]
    opened = capture(chunks)
    assert stalls_of(opened) == {stall.t_s for stall in measure(opened).stalls} != set()
    damaged = capture(chunks, end=None, tail=b"damage\n")
    assert stalls_of(damaged) == stalls_of(opened)


def test_without_colours_no_capture_is_read_for_them(
    capture_file: Write, terminal: Callable[..., None]
) -> None:
    terminal(80)
    opened = Capture(capture_file([(0.1, b"data: a\n\n")]))
    os.remove(opened.path)
    assert Rows(Content.WORDS, opened).has_words
    assert not Rows(Content.DATA).has_words
