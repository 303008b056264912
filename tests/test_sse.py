import base64
import itertools
import re
import tracemalloc
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import FOLDER, cases

from ssetape.errors import EventTooLarge, SsetapeError
from ssetape.sse import (
    EVENT_LIMIT_BYTES,
    ID_LIMIT_BYTES,
    RETRY_LIMIT_MS,
    Comment,
    Event,
    EventStreamParser,
)

CUTS = st.lists(st.integers(0, 400), max_size=12)

# Whatever a rule of the specification speaks of, so that random streams meet them all.
PARTS = [b"data", b"event", b"id", b"retry", b":", b" ", b"\r", b"\n", b"\r\n", b"\0"]
PARTS += [
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xbb\xbf",
    b"\xff",
    b"\xc3\xa9",
    b"\xc3",
    b"\xa9",
    b"\xe2\x80",
]
PARTS += [b"\xa8", b"\xf0\x9f\x99", b"\x82", b"0", b"7", b"+1", b"x", b"data: a\n\n", b"data: "]
PARTS += [
    b"\n\n",
    b"data:b\r\n\r\n",
    b"id: 1\n",
    b"\x0b\x0c",
    b"\xc2\x85",
    b"DATA",
    b"\xed\xa0\x80",
]
SHREDS = st.lists(st.sampled_from(PARTS), max_size=40).map(b"".join)

# Whole lines, so that random streams have plain blocks, which the parser takes many at a time, and
# every other kind of block before, between and after them.
LINES = [
    b"data: a",
    b"data: " + b"x" * 40,
    b"data: \xc3\xa9",
    b"data: \xff",
    b"data: \0\x0b\x1c\x85",
]
LINES += [
    b"data: ",
    b"data",
    b"data:b",
    b"data:  b",
    b"data: data: b",
    b" data: a",
    b"data: event: e",
]
LINES += [
    b"event: e",
    b"event: ",
    b"event",
    b"event:e",
    b"event: e f",
    b"event: \xc3\xa9",
    b"event: e\0",
]
LINES += [
    b"event: data: a",
    b"id: 1",
    b"id: 2\0",
    b"id",
    b"retry: 5",
    b"retry: x",
    b": c",
    b":",
    b"x: y",
]
PLAIN_BLOCKS = [
    [b"data: a"],
    [b"data: \xf0\x9f\x99\x82"],
    [b"event: e", b"data: a"],
    [b"event: f", b"data: {}"],
]
ANY_BLOCKS = st.sampled_from(PLAIN_BLOCKS) | st.lists(st.sampled_from(LINES), max_size=4)
NEWLINES = st.sampled_from(
    [[b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n"], [b"\r\n", b"\r\n", b"\r", b"\n"]]
)


@st.composite
def streams_of_blocks(draw: st.DrawFn) -> bytes:
    blocks = draw(st.lists(ANY_BLOCKS, max_size=6))
    # Many blocks of one kind, as in real streams.
    run = draw(st.integers(0, 5)) * [draw(st.sampled_from(PLAIN_BLOCKS))]
    place = draw(st.integers(0, len(blocks)))
    blocks[place:place] = run
    newlines = itertools.cycle(draw(NEWLINES))
    body = b"".join(line + next(newlines) for block in blocks for line in [*block, b""])
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n"])) + body[: draw(st.integers(0, 400))]


STREAMS = SHREDS | streams_of_blocks()


class LineByLine(EventStreamParser):
    """The parser without its way for plain blocks: each line goes the general way."""

    def _take_plain(self, text: bytes, events: list[Event]) -> bytes:
        return text


class Outcome(NamedTuple):
    """All that a parser has to say about a stream."""

    events: list[Event]
    comments: list[Comment]
    unfinished: Event | None
    last_event_id: str
    retry_ms: int | None


def parse(chunks: Iterable[bytes], last_event_id: str = "") -> Outcome:
    comments: list[Comment] = []
    parser = EventStreamParser(last_event_id=last_event_id, comments=comments)
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return Outcome(events, comments, parser.unfinished(), parser.last_event_id, parser.retry_ms)


def single_bytes(stream: bytes) -> list[bytes]:
    return [stream[i : i + 1] for i in range(len(stream))]


def cut(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The stream cut at `cuts`; the same cut twice gives an empty chunk."""
    places = [0, *sorted(min(place, len(stream)) for place in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(places)]


def data_of(stream: bytes) -> list[str]:
    return [event.data for event in parse([stream]).events]


# --- the rules, one by one -------------------------------------------------------------------

# name: (stream, (event, data, id) of each event)
RULES: dict[str, tuple[bytes, list[tuple[str, str, str]]]] = {
    "nothing": (b"", []),
    "one line of data": (b"data: hi\n\n", [("message", "hi", "")]),
    "lines of data are joined by LF": (b"data: a\ndata: b\n\n", [("message", "a\nb", "")]),
    "data lines need not be neighbours": (
        b"data: a\nevent: e\n: c\ndata: b\n\n",
        [("e", "a\nb", "")],
    ),
    "only one space after the colon goes": (b"data:  a \n\n", [("message", " a ", "")]),
    "no space after the colon": (b"data:a\n\n", [("message", "a", "")]),
    "a tab is no space": (b"data:\ta\n\n", [("message", "\ta", "")]),
    "a value may have colons": (b"data: a: b:c\n\n", [("message", "a: b:c", "")]),
    "a line without colon is a field with an empty value": (b"data\n\n", [("message", "", "")]),
    "two empty data lines are one LF": (b"data\ndata\n\n", [("message", "\n", "")]),
    "empty data with a colon": (b"data:\n\n", [("message", "", "")]),
    "without data there is no event": (b"event: e\n\ndata: a\n\n", [("message", "a", "")]),
    "the type is of one event only": (
        b"event: e\ndata: a\n\ndata: b\n\n",
        [("e", "a", ""), ("message", "b", "")],
    ),
    "the last type counts": (b"event: e\nevent: f\ndata: a\n\n", [("f", "a", "")]),
    "an empty type is message": (b"event: e\nevent\ndata: a\n\n", [("message", "a", "")]),
    "an id stays": (
        b"id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
        [("message", "a", "1"), ("message", "b", "1"), ("message", "c", "2")],
    ),
    "an id of a block without data stays": (b"id: 1\n\ndata: a\n\n", [("message", "a", "1")]),
    "an empty id clears": (
        b"id: 1\ndata: a\n\nid\ndata: b\n\n",
        [("message", "a", "1"), ("message", "b", "")],
    ),
    "an id with NUL is ignored": (
        b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
        [("message", "a", "1"), ("message", "b", "1")],
    ),
    "NUL in data is kept": (b"data: a\0b\n\n", [("message", "a\0b", "")]),
    "field names are case-sensitive": (b"Data: a\nDATA: b\n\n", []),
    "a space before a name makes it another": (b" data: a\n\ndata : b\n\n", []),
    "unknown fields are ignored": (b"foo: x\ndata: a\nbar\n\n", [("message", "a", "")]),
    "a comment is nothing": (b": c\n:\n\n:data: a\n\n", []),
    "a comment does not part data": (b"data: a\n:\ndata: b\n\n", [("message", "a\nb", "")]),
    "many blank lines are one": (
        b"\n\ndata: a\n\n\n\ndata: b\n\n",
        [("message", "a", ""), ("message", "b", "")],
    ),
    "CR ends a line": (b"data: a\rdata: b\r\r", [("message", "a\nb", "")]),
    "CRLF ends one line": (b"data: a\r\ndata: b\r\n\r\n", [("message", "a\nb", "")]),
    "line ends may be mixed": (
        b"data: a\rdata: b\r\ndata: c\n\rdata: d\n\r\n",
        [("message", "a\nb\nc", ""), ("message", "d", "")],
    ),
    "LF CR is two line ends": (
        b"data: a\n\rdata: b\n\n",
        [("message", "a", ""), ("message", "b", "")],
    ),
    "no other character ends a line": (
        "data: a\u2028b\u2029c\u0085d\ve\ff\x1cg\n\n".encode(),
        [("message", "a\u2028b\u2029c\u0085d\ve\ff\x1cg", "")],
    ),
    "one byte order mark goes": (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "")]),
    "a second byte order mark is text": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n",
        [("message", "b", "")],
    ),
    "a byte order mark later is text": (
        b"data: a\n\n\xef\xbb\xbfdata: b\n\n",
        [("message", "a", "")],
    ),
    "a byte order mark before a line end": (b"\xef\xbb\xbf\r\ndata: a\n\n", [("message", "a", "")]),
    "a part of a byte order mark is text": (b"\xef\xbbdata: a\n\ndata\n\n", [("message", "", "")]),
    "what is not UTF-8 is replaced": (
        b"event: \xff\nid: \xfe\ndata: a\xc3\nid2\ndata: \x80\n\n",
        [("\ufffd", "a\ufffd\n\ufffd", "\ufffd")],
    ),
    "a torn character is one replacement": (
        b"data: \xf0\x9f\x99\ndata: \xf0\x9f\x99\x82\n\n",
        [("message", "\ufffd\n\U0001f642", "")],
    ),
    "without a blank line there is no event": (b"data: a\n\ndata: b\n", [("message", "a", "")]),
    "a line that does not end is not taken": (b"data: a\ndata: b", []),
}
NAMES = pytest.mark.parametrize("name", RULES)


@NAMES
def test_a_rule_of_the_specification_holds(name: str) -> None:
    stream, expected = RULES[name]
    assert [event[:3] for event in parse([stream]).events] == expected


@NAMES
def test_a_rule_holds_one_byte_at_a_time(name: str) -> None:
    stream, _ = RULES[name]
    assert parse(single_bytes(stream)) == parse([stream])


@NAMES
@settings(max_examples=15)
@given(cuts=CUTS)
def test_a_rule_holds_wherever_the_stream_is_cut(name: str, cuts: list[int]) -> None:
    stream, _ = RULES[name]
    assert parse(cut(stream, cuts)) == parse([stream])


@NAMES
def test_a_rule_holds_with_every_line_end(name: str) -> None:
    stream, expected = RULES[name]
    if b"\r" in stream:
        pytest.skip("the case is about line ends itself")
    for newline in (b"\r", b"\r\n"):
        found = parse([stream.replace(b"\n", newline)]).events
        assert [event[:3] for event in found] == expected


# --- retry, ids and what else the parser remembers -------------------------------------------


@pytest.mark.parametrize(
    ("value", "retry_ms"),
    [
        (b"0", 0),
        (b"1500", 1500),
        (b"007", 7),
        (b"000", 0),
        (b"", None),
        (b"+1", None),
        (b"-1", None),
        (b"1.5", None),
        (b"1_0", None),
        (b"1 ", None),
        (b"  1", None),
        (b"0x10", None),
        ("\u0663".encode(), None),  # a digit to str.isdigit(), not to the specification
        (b"1\xb2", None),
        (b"9223372036854775807", RETRY_LIMIT_MS),
        (b"9223372036854775808", RETRY_LIMIT_MS),
        # int() refuses so many digits.
        (b"9" * 10_000, RETRY_LIMIT_MS),
        (b"0" * 10_000 + b"25", 25),
    ],
)
def test_retry_takes_ascii_digits_alone(value: bytes, retry_ms: int | None) -> None:
    stream = b"retry: " + value + b"\ndata: a\n\n"
    outcome = parse([stream])
    assert outcome.retry_ms == retry_ms
    assert outcome.events[0].retry_ms == retry_ms
    assert parse(single_bytes(stream)) == outcome


def test_an_event_tells_only_the_retry_of_its_own_block() -> None:
    outcome = parse([b"retry: 1\ndata: a\n\ndata: b\n\nretry: 2\n\ndata: c\n\n"])
    assert [event.retry_ms for event in outcome.events] == [1, None, None]
    assert outcome.retry_ms == 2


def test_retry_counts_before_its_block_is_complete() -> None:
    assert parse([b"retry: 5\ndata: a"]).retry_ms == 5


def test_an_id_counts_when_its_block_is_complete() -> None:
    parser = EventStreamParser()
    assert parser.feed(b"id: 1\ndata: a\n") == []
    assert parser.last_event_id == ""
    parser.feed(b"\n")
    assert parser.last_event_id == "1"


def test_a_reconnected_stream_begins_with_the_last_event_id_it_is_given() -> None:
    outcome = parse([b"data: a\n\nid\ndata: b\n\n"], last_event_id="7")
    assert [event.id for event in outcome.events] == ["7", ""]
    assert parse([], last_event_id="7").last_event_id == "7"


def test_an_event_comes_with_the_cr_of_its_blank_line() -> None:
    parser = EventStreamParser()
    assert parser.feed(b"data: a\r\n") == []
    (event,) = parser.feed(b"\r")
    assert (event.data, event.end) == ("a", 10)
    # The LF that belongs to it completes nothing and is no blank line of its own.
    assert parser.feed(b"\ndata: b\r\n") == []
    (event,) = parser.feed(b"\r\n")
    assert (event.data, event.start) == ("b", 11)


def test_a_chunk_may_be_any_kind_of_bytes() -> None:
    parser = EventStreamParser()
    assert parser.feed(bytearray(b"data: a")) == []
    assert parser.feed(memoryview(b"\n\n")) == [Event("message", "a", "", None, 0, 9)]  # type: ignore[arg-type]


# --- byte ranges, comments, what is left over ------------------------------------------------


def test_ranges_begin_at_the_first_field_and_end_with_the_completing_byte() -> None:
    stream = b"\xef\xbb\xbf: c\n\nretry: 1\r\n: d\r\ndata: \xc3\xa9\r\n\r\ndata: b\n\n"
    first, second = parse([stream]).events
    assert stream[first.start : first.end] == b"retry: 1\r\n: d\r\ndata: \xc3\xa9\r\n\r"
    assert stream[second.start : second.end] == b"data: b\n\n"


def test_comments_keep_their_text_and_tell_their_place() -> None:
    stream = b":a\ndata: x\n:  b \xff\r\n\n:\n: torn"
    comments = parse([stream]).comments
    assert [comment.text for comment in comments] == ["a", "  b \ufffd", ""]
    assert [stream[start:end] for _, start, end in comments] == [b":a\n", b":  b \xff\r", b":\n"]


def test_comments_are_dropped_unless_asked_for() -> None:
    assert EventStreamParser().feed(b": c\ndata: a\n\n")[0].data == "a"


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", None),
        (b"data: a\n\n", None),
        (b"data: a\n\n: c\n", None),
        (b"data: a\n\n: c", None),
        (b"data: a\n\ndata: b\n", Event("message", "b", "", None, 9, 17)),
        (b"data: a\n\ndata: b", Event("message", "b", "", None, 9, 16)),
        (b"id: 1\nretry: 2\nevent: e\n", Event("e", "", "1", 2, 0, 24)),
        (b"data: a\nda", Event("message", "a", "", None, 0, 10)),
        (b"event: e\n", Event("e", "", "", None, 0, 9)),
        (b"event: e\r\ndata: a", Event("e", "a", "", None, 0, 17)),
    ],
)
def test_what_a_stream_leaves_unfinished_is_told(stream: bytes, expected: Event | None) -> None:
    assert parse([stream]).unfinished == expected


def test_asking_what_is_unfinished_changes_nothing() -> None:
    comments: list[Comment] = []
    parser = EventStreamParser(comments=comments)
    found = []
    for byte in single_bytes(b"id: 1\nretry: 2\n: c\ndata: a\ndata: b\n\n"):
        found += parser.feed(byte)
        parser.unfinished()
        parser.unfinished()
    assert found == [Event("message", "a\nb", "1", 2, 0, 36)]
    assert len(comments) == 1


# --- against a plain reading of the specification --------------------------------------------


class Plain(NamedTuple):
    events: list[tuple[str, str, str, int | None]]
    comments: list[str]
    last_event_id: str
    retry_ms: int | None


def plain_reading(body: bytes) -> Plain:
    """The specification's algorithm as it is written, on the whole text, caring for nothing."""
    events: list[tuple[str, str, str, int | None]] = []
    comments = []
    last_event_id, event_type, data, event_id = "", "", "", ""
    retry_ms = block_retry_ms = None
    lines = re.split("\r\n|\n|\r", body.decode("utf-8", "replace").removeprefix("\ufeff"))
    for line in lines[:-1]:  # the last is not ended
        if line == "":
            last_event_id = event_id
            if data != "":
                data = data.removesuffix("\n")
                events.append((event_type or "message", data, last_event_id, block_retry_ms))
            event_type, data, block_retry_ms = "", "", None
        elif line.startswith(":"):
            comments.append(line[1:])
        else:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                event_type = value
            elif field == "data":
                data += value + "\n"
            elif field == "id" and "\0" not in value:
                event_id = value
            elif field == "retry" and re.fullmatch("[0-9]+", value):
                retry_ms = block_retry_ms = int(value)
    return Plain(events, comments, last_event_id, retry_ms)


@settings(max_examples=250)
@given(stream=STREAMS)
def test_any_stream_parses_as_the_specification_reads(stream: bytes) -> None:
    found = parse([stream])
    assert plain_reading(stream) == Plain(
        [(event.event, event.data, event.id, event.retry_ms) for event in found.events],
        [comment.text for comment in found.comments],
        found.last_event_id,
        found.retry_ms,
    )


@settings(max_examples=250)
@given(stream=STREAMS, cuts=CUTS)
def test_where_any_stream_is_cut_makes_no_difference(stream: bytes, cuts: list[int]) -> None:
    whole = parse([stream])
    assert parse(single_bytes(stream)) == whole
    assert parse(cut(stream, cuts)) == whole


def check_cuts(stream: bytes, cuts: Iterable[int]) -> None:
    """After each chunk the parser has told what the specification makes of the bytes so far."""
    comments: list[Comment] = []
    parser = EventStreamParser(comments=comments)
    events: list[Event] = []
    size_bytes = 0
    for chunk in cut(stream, cuts):
        events += parser.feed(chunk)
        size_bytes += len(chunk)
        assert plain_reading(stream[:size_bytes]) == Plain(
            [(event.event, event.data, event.id, event.retry_ms) for event in events],
            [comment.text for comment in comments],
            parser.last_event_id,
            parser.retry_ms,
        )


@given(stream=STREAMS, cuts=CUTS)
def test_nothing_that_a_chunk_completes_waits_for_the_next(stream: bytes, cuts: list[int]) -> None:
    check_cuts(stream, cuts)


NEARLY_PLAIN = {
    "a type that is no ASCII": b"event: \xc3\xa9\ndata: a\n\n",
    "a type that is no UTF-8": b"event: \xa9\ndata: a\n\n",
    "an empty type": b"event: \ndata: a\n\n",
    "a type with control characters": b"event: a\x0bb\0\ndata: a\n\n",
    "no data": b"event: e\n\n",
    "empty data": b"event: e\ndata: \n\n",
    "data twice": b"event: e\ndata: a\ndata: b\n\n",
    "the type last": b"data: a\nevent: e\n\n",
    "an id between": b"event: e\nid: 1\ndata: a\n\n",
    "a comment between": b"event: e\n: c\ndata: a\n\n",
    "a comment after the type, behind a CR": b"event: e\r: c\ndata: a\n\n",
    "a comment after the CR of the next line": b"event: e\n: c\rdata: a\n\n",
    "a retry after the CR of the next line": b"event: e\r\nretry: 1\rdata: a\r\n\r\n",
    "a type that looks like data": b"event: data: a\ndata: b\n\n",
    "another line end inside": b"event: e\r\ndata: a\n\r\n",
    "CR in data": b"data: a\rdata: b\r\n\r\n",
    "a CR before the CRLF": b"data: a\r\r\n\r\n",
    "three line ends": b"data: a\n\n\n",
}


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("name", NEARLY_PLAIN)
def test_what_is_nearly_a_plain_block_is_read_as_it_is_specified(name: str, count: int) -> None:
    plain = b"event: e\r\ndata: a\r\n\r\n" if b"\r\n" in NEARLY_PLAIN[name] else b"data: a\n\n"
    stream = plain * count + NEARLY_PLAIN[name] * max(count, 1) + plain * count
    check_cuts(stream, range(len(stream)))
    for place in range(len(stream)):
        check_cuts(stream, [place])
        assert parse(cut(stream, [place])) == parse([stream])


def reports(parser_type: type[EventStreamParser], chunks: Iterable[bytes]) -> list[Any]:
    """All that a parser has to say after each chunk."""
    comments: list[Comment] = []
    parser = parser_type(comments=comments)
    return [
        (
            parser.feed(chunk),
            list(comments),
            parser.unfinished(),
            parser.last_event_id,
            parser.retry_ms,
            parser.open_since,
        )
        for chunk in chunks
    ]


@settings(max_examples=120)
@given(stream=STREAMS, cuts=CUTS)
def test_plain_blocks_are_what_their_lines_are(stream: bytes, cuts: list[int]) -> None:
    for chunks in ([stream], single_bytes(stream), cut(stream, cuts)):
        assert reports(EventStreamParser, chunks) == reports(LineByLine, chunks)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("lines", [[b"data: a"], [b"event: e", b"data: a"], [b"id: 1", b"data: a"]])
@pytest.mark.parametrize("between", [b"", b": c\n", b"data: \xc3\xa9\r\rdata: b\n\n", b"\n\r\n"])
def test_many_plain_blocks_are_what_their_lines_are(
    newline: bytes, lines: list[bytes], between: bytes
) -> None:
    blocks = b"".join(line + newline for line in [*lines, b""]) * 5_000
    stream = blocks + between + blocks
    whole = parse([stream])
    assert parse(cut(stream, range(0, len(stream), 1400))) == whole
    assert reports(LineByLine, [stream])[0][0] == whole.events
    assert len(whole.events) == 10_000 + 2 * (b"data" in between)


@given(stream=STREAMS)
def test_the_bytes_of_an_event_are_the_event(stream: bytes) -> None:
    for event in parse([stream]).events:
        # After a line end, for a stream's first bytes may be a byte order mark.
        alone = b"\n" + stream[event.start : event.end]
        expected = event._replace(start=1, end=len(alone))
        assert parse([alone], last_event_id=event.id).events == [expected]
        assert not parse([alone[:-1]]).events


@given(stream=STREAMS)
def test_an_unfinished_event_is_the_one_that_a_blank_line_would_give(stream: bytes) -> None:
    outcome = parse([stream])
    ended = parse([stream + b"\n\n"]).events[len(outcome.events) :]
    if ended:
        assert outcome.unfinished is not None
        assert outcome.unfinished[:5] == ended[0][:5]
    elif outcome.unfinished is not None:
        assert outcome.unfinished.data == ""


# --- limits ----------------------------------------------------------------------------------

LIMIT = 100


def failure(chunks: Iterable[bytes], limit_bytes: int = LIMIT) -> tuple[list[Event], Any]:
    """All events that came out, with those of the error, and the error's evidence."""
    parser = EventStreamParser(limit_bytes=limit_bytes)
    events: list[Event] = []
    for chunk in chunks:
        try:
            events += parser.feed(chunk)
        except EventTooLarge as error:
            return events + list(error.events), (error.start, error.limit_bytes, str(error))
    return events, None


ENDLESS = {
    "a data line": b"data: " + b"x" * LIMIT,
    "a comment": b":" + b"x" * LIMIT,
    "an unknown field": b"x" * (LIMIT + 1),
    "an event name": b"event: " + b"x" * LIMIT,
    "many data lines": b"data: 12345\n" * 20,
    "many empty data lines": b"data\n" * (LIMIT + 1),
    "data lines and then a comment": b"data: " + b"x" * 60 + b"\n:" + b"x" * 60,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_refused(name: str) -> None:
    before = b"data: a\n\n: c\n"
    with pytest.raises(EventTooLarge) as raised:
        EventStreamParser(limit_bytes=LIMIT).feed(before + ENDLESS[name])
    error = raised.value
    assert isinstance(error, SsetapeError)
    assert error.start == len(before)
    assert error.limit_bytes == LIMIT
    assert error.events == [Event("message", "a", "", None, 0, 9)]
    assert "at byte 13 exceeded 100 bytes" in str(error)
    assert "limit_bytes" in str(error)


@pytest.mark.parametrize("name", ENDLESS)
def test_it_is_refused_alike_wherever_it_is_cut(name: str) -> None:
    stream = b"\xef\xbb\xbfdata: a\r\n\r\n" + ENDLESS[name] + b"\n\n"
    whole = failure([stream])
    assert whole[1] is not None
    assert failure(single_bytes(stream)) == whole
    for place in range(len(stream)):
        assert failure([stream[:place], stream[place:]]) == whole


@settings(max_examples=200)
@given(stream=STREAMS, cuts=CUTS, limit_bytes=st.integers(4, 30))
def test_any_stream_meets_its_limit_at_the_same_place(
    stream: bytes, cuts: list[int], limit_bytes: int
) -> None:
    whole = failure([stream], limit_bytes)
    assert failure(single_bytes(stream), limit_bytes) == whole
    assert failure(cut(stream, cuts), limit_bytes) == whole


@pytest.mark.parametrize("line", [b"data: " + b"x" * (LIMIT - 6), b":" + b"x" * (LIMIT - 1)])
def test_a_line_as_long_as_the_limit_is_taken(line: bytes) -> None:
    assert len(line) == LIMIT
    for chunks in ([line + b"\n\n"], single_bytes(line + b"\n\n")):
        assert failure(chunks)[1] is None
        assert failure([line[:50], line[50:] + b"x\n"])[1] is not None


@pytest.mark.parametrize("name", ENDLESS)
def test_what_was_refused_is_not_left_over_either(name: str) -> None:
    parser = EventStreamParser(limit_bytes=LIMIT)
    for ask in (lambda: parser.feed(ENDLESS[name] + b"\n\n"), parser.unfinished):
        with pytest.raises(EventTooLarge):
            ask()


def test_an_error_brings_all_events_before_it_however_large_the_chunk() -> None:
    before = b"event: e\ndata: a\n\n" * 20_000
    events, error = failure([before + ENDLESS["a data line"]])
    assert error is not None
    assert (error[0], len(events)) == (len(before), 20_000)
    assert events == EventStreamParser().feed(before)


def test_many_events_are_no_large_event() -> None:
    stream = (b"data: 0123456789\n\n" + b": 0123456789\n") * LIMIT
    events, error = failure([stream])
    assert error is None
    assert len(events) == LIMIT


def test_after_its_limit_a_parser_raises_the_same_again() -> None:
    parser = EventStreamParser(limit_bytes=LIMIT)
    with pytest.raises(EventTooLarge) as first:
        parser.feed(b"x" * (LIMIT + 1))
    for chunk in (b"\n\n", b"data: a\n\n", b""):
        with pytest.raises(EventTooLarge) as again:
            parser.feed(chunk)
        assert again.value is first.value


def test_the_default_limit_takes_an_event_of_ten_mebibytes() -> None:
    assert EVENT_LIMIT_BYTES > 10 << 20
    assert len(data_of(b"data: " + b"x" * (10 << 20) + b"\n\n")[0]) == 10 << 20


def test_a_line_in_single_bytes_takes_no_more_memory_than_a_few_times_itself() -> None:
    parser = EventStreamParser()
    size = 50_000
    tracemalloc.start()
    try:
        for _ in range(size):
            parser.feed(b"x")
        held_bytes = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # In a list, each byte would take forty: two megabytes.
    assert held_bytes < 8 * size


def test_past_events_and_comments_are_not_held() -> None:
    parser = EventStreamParser()
    tracemalloc.start()
    try:
        for _ in range(2_000):
            parser.feed(b"data: " + b"x" * 500 + b"\n\n: " + b"y" * 500 + b"\n")
        held_bytes = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held_bytes < 100_000


# --- cases and streams that others wrote -----------------------------------------------------


def check_case(case: dict[str, Any], chunks: Iterable[bytes]) -> None:
    outcome = parse(chunks, case.get("initial_last_event_id") or "")
    found = [{"event": e.event, "data": e.data, "id": e.id} for e in outcome.events]
    assert found == case["expect"]
    assert outcome.retry_ms == case["expect_retry"]
    assert outcome.last_event_id == case["expect_last_event_id"]
    assert [comment.text for comment in outcome.comments] == case["expect_comments"]


CASES = cases("parser/wpt_cases.json") + cases("parser/parser_cases.json")


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_others_parses_as_it_says(case: dict[str, Any]) -> None:
    stream = base64.b64decode(case["input_b64"])
    check_case(case, [stream])
    check_case(case, single_bytes(stream) if len(stream) < 200_000 else [stream])
    if chunks := case.get("chunks_b64"):
        check_case(case, map(base64.b64decode, chunks))


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=5)
@given(random=st.randoms(use_true_random=False))
def test_a_case_of_others_may_be_cut_anywhere(case: dict[str, Any], random: Any) -> None:
    stream = base64.b64decode(case["input_b64"])
    check_case(case, cut(stream, [random.randint(0, len(stream)) for _ in range(6)]))


@pytest.mark.parametrize("case", cases("parser/line_cases.json"))
def test_lines_are_split_as_others_split_them(case: dict[str, Any]) -> None:
    # The parser shows no lines, but it shows comments. So every line that is not empty is made
    # one: a colon at the start, and after each CR or LF that something else follows.
    stream = b"".join(map(base64.b64decode, case["chunks_b64"])) + b"\n"
    stream = re.sub(rb"(?<![^\r\n])(?=[^\r\n])", b":", stream)
    expected = [line for line in case["expect_lines"] if line]
    for chunks in ([stream], single_bytes(stream), cut(stream, range(0, len(stream), 3))):
        assert [comment.text for comment in parse(chunks).comments] == expected


REAL = [case for case in cases("real/INDEX.json", "file") if "sse" in case.values[0]] or cases(
    "real/INDEX.json", "file"
)


@pytest.mark.parametrize("entry", REAL)
def test_a_real_stream_parses_as_its_index_says(entry: dict[str, Any]) -> None:
    stream = (FOLDER / "real" / entry["file"]).read_bytes()
    outcome = parse([stream])
    types: dict[str, int] = {}
    for event in outcome.events:
        types[event.event] = types.get(event.event, 0) + 1
    expected = entry["sse"]
    assert len(outcome.events) == expected["events"]
    assert types == expected["event_types"]
    assert len(outcome.comments) == expected["comments"]
    assert {comment.text for comment in outcome.comments} >= set(expected["comment_samples"])
    assert outcome.last_event_id == expected["last_event_id"]
    assert outcome.retry_ms == expected["retry"]
    assert (outcome.unfinished is not None) == expected["pending_at_eof"]


@pytest.mark.parametrize("entry", REAL)
def test_a_real_stream_may_be_cut_as_networks_do(entry: dict[str, Any]) -> None:
    stream = (FOLDER / "real" / entry["file"]).read_bytes()
    whole = parse([stream])
    for size in (7, 1400):
        if len(stream) // size < 20_000:
            assert parse(cut(stream, range(size, len(stream), size))) == whole


@pytest.mark.parametrize("entry", REAL)
def test_a_real_stream_is_what_its_lines_are(entry: dict[str, Any]) -> None:
    stream = (FOLDER / "real" / entry["file"]).read_bytes()
    for size in (1400, len(stream)):
        chunks = cut(stream, range(size, len(stream), size))
        if len(chunks) < 2_000:
            assert reports(EventStreamParser, chunks)[-1] == reports(LineByLine, chunks)[-1]
            assert parse(chunks).events == [
                event for report in reports(LineByLine, chunks) for event in report[0]
            ]


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_others_is_what_its_lines_are(case: dict[str, Any]) -> None:
    stream = base64.b64decode(case["input_b64"])
    for chunks in ([stream], cut(stream, range(0, len(stream), 11))):
        if len(chunks) < 2_000:
            assert reports(EventStreamParser, chunks) == reports(LineByLine, chunks)


def test_events_and_comments_have_their_fields_by_name() -> None:
    comments: list[Comment] = []
    (event,) = EventStreamParser(comments=comments).feed(b": hi\ndata: x\n\n")
    assert event == Event(event="message", data="x", id="", retry_ms=None, start=5, end=14)
    assert comments == [Comment(text=" hi", start=0, end=5)]
    assert (type(event), type(comments[0])) == (Event, Comment)


def test_events_that_are_skipped_count() -> None:
    parser = EventStreamParser()
    assert len(parser.feed(b"data: a\n\r")) == 1
    parser.skip(10)
    assert parser.feed(b"\ndata: b\n\n") == [Event("message", "b", "", None, 20, 29)]
    assert parser.open_since == 29


def test_a_byte_order_mark_after_events_that_are_skipped_is_text() -> None:
    parser = EventStreamParser()
    parser.skip(10)
    assert parser.feed(b"\xef\xbb\xbfdata: a\n\ndata: b\n\n") == [
        Event("message", "b", "", None, 22, 31)
    ]


def test_an_id_that_no_client_could_send_back_is_ignored() -> None:
    longest = b"x" * ID_LIMIT_BYTES
    parser = EventStreamParser()
    events = parser.feed(b"id: %b\ndata: a\n\nid: %by\ndata: b\n\ndata: c\n\n" % (longest, longest))
    assert [event.id for event in events] == [longest.decode()] * 3
