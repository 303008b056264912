"""What a body is: decided once, for all who read messages."""

import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import CaptureError, DecodingError, EventTooLarge, FramingError
from ssetape.format.values import Chunk, Message, Response
from ssetape.messages.framing import EVENTS, JSON_ARRAY, LINES, Framing
from ssetape.messages.message import Item, StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader, spoken

Write = Callable[..., Path]


def head(content_type: str, *further: tuple[str, str]) -> Response:
    headers = [("content-type", content_type), *further]
    return Response(0.0, 200, "OK", "HTTP/1.1", headers)


def read(reader: MessageReader, pieces: Iterable[bytes]) -> list[Item]:
    records = [[float(n), "<b", piece] for n, piece in enumerate(pieces)]
    return list(reader.read(records))


BODIES: list[tuple[str, Framing | None, bytes, list[str]]] = [
    ("text/event-stream", EVENTS, b": c\ndata: a\n\nid: 1\r\ndata: b\r\n\r\ndata: cut", ["a", "b"]),
    ("text/plain", EVENTS, b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    ("application/x-ndjson", LINES, b'{"a":1}\r\n\n{"a":2}', ['{"a":1}', '{"a":2}']),
    ("application/json", LINES, b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
    ("application/json", JSON_ARRAY, b'[{"a":"]"}\n,\r\n[2]]', ['{"a":"]"}', "[2]"]),
    ("text/plain", LINES, b'0:"a"\ne:{}\n', ['0:"a"', "e:{}"]),
    ("text/html", None, b"<p>data: a\n\n</p>", []),
]


@pytest.mark.parametrize(("content_type", "framing", "body", "data"), BODIES)
def test_however_a_body_is_cut_its_messages_are_the_same(
    content_type: str, framing: Framing | None, body: bytes, data: list[str]
) -> None:
    whole = MessageReader(head(content_type))
    found = read(whole, [body])
    assert whole.framing is framing
    assert [item.data for item in found if isinstance(item, StreamMessage)] == data
    draw = random.Random(content_type)
    cuts = [list(range(1, len(body)))]
    cuts += [sorted(draw.sample(range(len(body) + 1), 4)) for _ in range(30)]
    for places in cuts:
        pieces = [body[a:b] for a, b in pairwise([0, *places, len(body)])]
        cut = read(MessageReader(head(content_type)), pieces)
        assert [item[2:] for item in cut] == [item[2:] for item in found]


@pytest.mark.parametrize(("content_type", "framing", "body", "data"), BODIES)
def test_each_message_says_where_it_is_and_when_it_came(
    content_type: str, framing: Framing | None, body: bytes, data: list[str]
) -> None:
    pieces = [body[place : place + 1] for place in range(len(body))]
    for item in read(MessageReader(head(content_type)), pieces):
        if isinstance(item, StreamMessage):
            raw = body[item.start : item.end]
            assert item.data.encode() in raw
            assert (item.t_first_s, int(item.t_s)) == (
                item.start,
                min(item.end, len(body)) - 1,
            ) or (
                framing is JSON_ARRAY  # which the comma behind it completes
            )


def test_the_head_may_be_among_the_records() -> None:
    reader = MessageReader()
    records: list[Any] = [
        [0.1, "head", {"status": 200, "headers": [["content-type", "application/x-ndjson"]]}],
        [0.2, "<", b"data: a\n"],
        [0.3, "trailers", [["data", "x"]]],
        [0.4, "end", {"reason": "complete"}],
    ]
    (line,) = reader.read(records)
    assert reader.head is not None
    assert (reader.head.status, reader.framing) == (200, LINES)
    assert line == StreamMessage(0.2, 0.2, "", "data: a", start=0, end=8)


def test_a_head_that_is_damaged_is_said_with_the_capture_s_name() -> None:
    with pytest.raises(CaptureError, match=r"c: head\.status: expected a number, found 'x'"):
        list(MessageReader(name="c").feed([0.1, "head", {"status": "x"}]))


def test_events_keep_id_retry_and_the_comments_between_them() -> None:
    body = b": one\nid: 7\nretry: 5\nevent: e\ndata: a\n\n:two\n"
    assert read(MessageReader(head("text/event-stream")), [body]) == [
        TimedComment(0.0, " one", 0),
        StreamMessage(0.0, 0.0, "e", "a", "7", retry_ms=5, start=6, end=39),
        TimedComment(0.0, "two", 39),
    ]


def test_what_ends_within_an_event_is_told_apart() -> None:
    reader = MessageReader(head("text/event-stream"))
    assert read(reader, [b"data: a\n\ndata: b"])[1:] == []
    unfinished = reader.unfinished()
    assert unfinished is not None
    assert (unfinished.data, unfinished.start) == ("b", 9)
    lines = MessageReader(head("application/x-ndjson"))
    assert len(read(lines, [b"a\nb"])) == 2
    assert lines.unfinished() is None


STREAM = ("content-type", "text/event-stream")


@pytest.mark.parametrize(
    ("headers", "pieces", "kind"),
    [
        ([STREAM, ("content-encoding", "br")], [b"xx"], DecodingError),
        ([STREAM, ("content-encoding", "exi")], [b"x"], DecodingError),
        ([("content-encoding", "gzip")], [b"no gzip"], DecodingError),
        ([("content-type", "application/vnd.amazon.eventstream")], [b"x" * 20], FramingError),
    ],
)  # fmt: skip
def test_damage_ends_the_messages_and_raises_nothing(
    headers: list[tuple[str, str]], pieces: list[bytes], kind: type[Exception]
) -> None:
    reader = MessageReader(Response(0.0, 200, "", "", headers))
    assert read(reader, [*pieces, b"data: a\n\n"]) == []
    assert isinstance(reader.damage, kind)
    assert not reader.is_unframed


def test_what_is_good_before_damage_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = MessageReader(head("text/event-stream"))
    list(reader.feed_chunk(Chunk(0.0, b"data: a\n\n")))
    framer = reader._framer
    assert framer is not None
    monkeypatch.setattr(framer._parser, "_limit_bytes", 50)  # type: ignore[union-attr]
    monkeypatch.setattr(framer._parser, "_room_bytes", 50)  # type: ignore[union-attr]
    found = list(reader.feed_chunk(Chunk(1.0, b"data: b\n\ndata: " + b"x" * 60)))
    assert [item[3] for item in found] == ["b"]
    assert isinstance(reader.damage, EventTooLarge)
    assert list(reader.feed_chunk(Chunk(2.0, b"\n\ndata: c\n\n"))) == []


def test_a_body_that_is_no_stream_has_lines_if_asked_for() -> None:
    reader = MessageReader(head("text/plain"), default=LINES)
    assert [item[3] for item in read(reader, [b"one\ntw", b"o\n"])] == ["one", "two"]
    assert reader.framing is None
    assert not reader.is_unframed


def test_a_websocket_s_messages_are_as_they_are() -> None:
    reader = MessageReader(None, is_websocket=True)
    records: list[Any] = [
        [0.1, "head", {"status": 101, "headers": []}],
        [0.2, ">", b"data: a\n\n"],
        [0.3, "<b", b"\xff", {"dropped": True}],
        [0.4, "<", b"late", {"dropped": True}],
    ]
    items = list(reader.read(records))
    assert [type(item) for item in items] == [Message] * 3
    assert [spoken(item) for item in items] == [
        StreamMessage(0.2, 0.2, "", "data: a\n\n", from_client=True),
        None,
        None,
    ]


@given(st.lists(st.binary(max_size=12), max_size=6), st.sampled_from([b[0] for b in BODIES]))
def test_no_body_raises_anything(pieces: list[bytes], content_type: str) -> None:
    reader = MessageReader(head(content_type))
    read(reader, pieces)
    reader.unfinished()
    assert reader.open_since <= sum(map(len, pieces))
