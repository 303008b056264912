import re

import pytest

from ssetape.format.values import Chunk, Message
from ssetape.meaning.phrases import Phrase, Sort
from ssetape.messages.message import Item, StreamMessage, TimedComment
from ssetape.showing.columns import cell_len
from ssetape.showing.rows import Content, Rows, chunk_row, times
from ssetape.showing.selected import Selected

JSON_DATA = '{"id":"chatcmpl-1","object":"chat.completion.chunk"}'
CAFE = [Phrase(Sort.TEXT, '"café"')]


def line(
    item: Item,
    text: str,
    phrases: list[Phrase] | None = None,
    content: Content = Content.WORDS,
    *,
    width: int | None = None,
    colours: bool = False,
) -> str:
    return Rows(content, width=width, colours=colours).line(Selected(item, text, 1.0, phrases))


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
    assert line(marked, "d\n").endswith("  x\\x1b #i retry=5  d\\n")
    assert line(TimedComment(1.0, " c", 0), " c").endswith("  : c")
    assert line(event("slow", is_error=True), "d").endswith("  slow error  d")
    assert line(event(""), "d").endswith("+0.000  d")
    message = Message(1.0, True, True, b"\xff")
    assert line(message, "ff").endswith("->        1 B  ff")


def test_words_come_before_the_type_and_data_where_there_is_room() -> None:
    narrow = line(event(), JSON_DATA, CAFE, width=80)
    assert narrow.endswith('  "café"                    message')
    wide = line(event(), JSON_DATA, CAFE, width=120)
    assert '  "café"                    message     {"id":"chat' in wide
    assert line(event(), JSON_DATA, CAFE).endswith(JSON_DATA)


def test_what_is_asked_for_is_shown() -> None:
    assert line(event(), JSON_DATA, CAFE, Content.DATA).endswith(f"+0.000  message     {JSON_DATA}")
    alone = line(event(), JSON_DATA, CAFE, Content.WORDS_ALONE)
    assert alone.endswith('"café"                    message')
    assert line(event(), JSON_DATA, None, Content.WORDS_ALONE).endswith("+0.000  message")
    assert Rows(Content.WORDS).has_words
    assert not Rows(Content.DATA).has_words


def test_words_that_are_the_data_are_not_said_twice() -> None:
    assert line(event(), "café", CAFE).endswith("+0.000  message     café")


def test_of_a_message_that_adds_nothing_type_and_data_stay() -> None:
    assert line(event("ping"), "{}", [], width=80).endswith("  ping        {}")
    coloured = line(event("ping"), "{}", [], width=80, colours=True)
    assert coloured.endswith("\x1b[2mping        \x1b[0m\x1b[2m{}\x1b[0m")


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("words", ['"a"', '"日本語日本語日本語日本語日本語"', "x" * 300])
def test_a_row_is_one_line_whatever_it_says(width: int, words: str) -> None:
    item, phrases = event("response.output_text.delta"), [Phrase(Sort.CALL, words)]
    found = line(item, JSON_DATA * 9, phrases, width=width)
    assert cell_len(found) <= width
    coloured = line(item, JSON_DATA * 9, phrases, width=width, colours=True)
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == found


def test_stalls_and_errors_are_red_comments_dim_and_text_plain() -> None:
    made = Rows(Content.WORDS, colours=True, stalls={9.0})
    row = made.line(Selected(event(t_s=9.0), JSON_DATA, 0.1, CAFE))
    assert row.startswith('\x1b[31m     9.000     +8.900  \x1b[0m"café"')
    assert f"\x1b[2m{JSON_DATA}\x1b[0m" in row
    assert not made.line(Selected(event(t_s=0.1), "d", 0.0, CAFE)).startswith("\x1b")
    failed = [Phrase(Sort.ERROR, "error x")]
    assert "\x1b[31merror x\x1b[0m" in made.line(Selected(event(), "d", 1.0, failed))
    comment = made.line(Selected(TimedComment(1.0, "c", 0), "c", 1.0, None))
    assert comment.endswith("\x1b[2m:c\x1b[0m")


def test_a_chunk_is_a_row_too() -> None:
    assert chunk_row(Chunk(1.0, b"\xff\x1b\n"), 0.5, None) == (
        "     1.000     +0.500        3 B  \\xff\\x1b\\n"
    )
    assert len(chunk_row(Chunk(1.0, b"x" * 99), 0.5, 60)) == 60
