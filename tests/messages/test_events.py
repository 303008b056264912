import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import DecodingError, EventTooLarge
from ssetape.format.plain_blocks import Plain
from ssetape.format.values import Chunk
from ssetape.messages.events import Events, TimedEvent, timed_events
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.sse import EventStreamParser


def events_of(*chunks: tuple[float, bytes]) -> list[TimedEvent]:
    return list(timed_events([Chunk(*chunk) for chunk in chunks], []))


def times_of(events: Iterable[TimedEvent]) -> list[tuple[str, float, float]]:
    return [(event.data, event.t_first_s, event.t_s) for event in events]


def test_an_event_in_one_chunk_has_one_time() -> None:
    assert times_of(events_of((1.5, b"data: a\n\n"))) == [("a", 1.5, 1.5)]


def test_an_event_cut_over_chunks_has_the_times_of_its_ends() -> None:
    found = events_of((1, b"da"), (2, b"ta: a"), (3, b"\n"), (4, b"\n"))
    assert times_of(found) == [("a", 1, 4)]


def test_two_events_in_one_chunk_share_its_time() -> None:
    assert times_of(events_of((1, b"data: a\n\ndata: b\n\n"))) == [("a", 1, 1), ("b", 1, 1)]


def test_a_chunk_may_end_one_event_and_begin_another() -> None:
    found = events_of((1, b"data: a"), (2, b"\n\ndata: b"), (3, b"\n\ndata: c\n\nd"))
    assert times_of(found) == [("a", 1, 2), ("b", 2, 3), ("c", 3, 3)]


def test_an_event_is_complete_with_its_cr_whenever_the_lf_comes() -> None:
    found = events_of((1, b"data: a\r\n\r"), (2, b"\ndata: b\r\n\r\n"))
    assert times_of(found) == [("a", 1, 1), ("b", 2, 2)]


def test_comments_before_an_event_do_not_make_it_begin_earlier() -> None:
    assert times_of(events_of((1, b": wait\n\n"), (2, b": c\ndata: a\n\n"))) == [("a", 2, 2)]


def test_a_byte_order_mark_moves_no_time() -> None:
    assert times_of(events_of((1, b"\xef"), (2, b"\xbb\xbf"), (3, b"data: a\n\n"))) == [("a", 3, 3)]


def test_an_event_keeps_all_that_the_parser_says() -> None:
    (event,) = events_of((1, b"id: 7\nevent: e\nretry: 5\ndata: a\n\n"))
    assert event == TimedEvent(1, 1, "e", "a", "7", 5, 0, 33)


def test_chunks_of_no_bytes_are_nothing() -> None:
    assert times_of(events_of((1, b""), (2, b"data: a"), (3, b""), (4, b"\n\n"))) == [("a", 2, 4)]


def test_compressed_events_have_the_times_of_their_chunks() -> None:
    deflater = zlib.compressobj(wbits=31)

    def flushed(data: bytes) -> bytes:
        return deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)

    chunks = [
        Chunk(1, flushed(b"data: a\n\ndata")),
        Chunk(2, flushed(b": b\n\n: c\n")),
        Chunk(3, flushed(b"data: c\n\n") + deflater.flush()),
    ]
    headers = [("content-encoding", "gzip")]
    found = list(timed_events(chunks, headers))
    assert times_of(found) == [("a", 1, 1), ("b", 1, 2), ("c", 3, 3)]
    # Ranges are those of the decoded body.
    assert [(event.start, event.end) for event in found] == [(0, 9), (9, 18), (22, 31)]


def test_a_large_compressed_event_comes_in_pieces_of_one_time() -> None:
    body = gzip.compress(b"data: " + b"x" * 3_000_000 + b"\n\ndata: b\n\n")
    found = list(timed_events([Chunk(1, body)], [("content-encoding", "gzip")]))
    assert [(len(event.data), event.t_first_s, event.t_s) for event in found] == [
        (3_000_000, 1, 1),
        (1, 1, 1),
    ]


def test_a_body_that_does_not_decode_gives_its_good_part_first() -> None:
    body = zlib.compress(b"data: a\n\n")
    chunks = [Chunk(1, body), Chunk(2, b"data: b\n\n")]
    assert times_of(timed_events(chunks, [("content-encoding", "deflate")])) == [("a", 1, 1)]
    with pytest.raises(DecodingError):
        list(timed_events([Chunk(1, b"\xff\xff\xff\xff")], [("content-encoding", "zstd")]))


def test_events_are_messages_named_by_their_type(framed: Callable[..., Any]) -> None:
    found = framed(Events, [b": c\nevent: a\nda", b"ta: 1\n\nretry: 5\ndata: 2\n\ndata: cut"])
    assert found == [
        TimedComment(0.0, " c", 0),
        StreamMessage(1.0, 0.0, "a", "1", start=4, end=22),
        StreamMessage(1.0, 1.0, "message", "2", retry_ms=5, start=22, end=40),
    ]


def test_comments_have_the_time_of_the_chunk_that_ended_them(framed: Callable[..., Any]) -> None:
    found = framed(Events, [b": a\n: ", b"b\ndata: c\n\n: d\n"])
    # Each where the stream has it.
    assert [(item.t_s, item.start) for item in found] == [(0, 0), (1, 4), (1, 8), (1, 17)]
    assert [item.text for item in found if isinstance(item, TimedComment)] == [" a", " b", " d"]


def test_what_was_left_unfinished_has_times_too() -> None:
    events = Events([])
    assert events.unfinished() is None
    for chunk in (Chunk(1, b"data: a\n\n: c\nda"), Chunk(2, b"ta: b"), Chunk(3, b"c")):
        list(events.feed(chunk))
    event = events.unfinished()
    assert event is not None
    assert (event.data, event.t_first_s, event.t_s, event.start) == ("bc", 1, 3, 13)
    # To ask is not to end it.
    (complete,) = events.feed(Chunk(4, b"\n\n"))
    assert isinstance(complete, StreamMessage)
    assert (complete.data, complete.t_first_s, complete.t_s) == ("bc", 1, 4)
    assert events.unfinished() is None


def test_an_event_too_large_is_raised_behind_those_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = Events([])
    monkeypatch.setattr(events, "_parser", EventStreamParser(limit_bytes=100))
    items = events.feed(Chunk(1, b"data: a\n\ndata: " + b"x" * 101))
    assert next(items)[3] == "a"
    with pytest.raises(EventTooLarge):
        next(items)


def test_it_is_between_events_where_the_next_byte_begins_one() -> None:
    events = Events([])
    for data, is_between in ((b"data: a\n\n", True), (b"da", False), (b"ta: b\n\n", True)):
        list(events.feed(Chunk(1, data)))
        assert events.is_between_events is is_between
    coded = Events([("content-encoding", "gzip")])
    list(coded.feed(Chunk(1, gzip.compress(b"data: a\n\n"))))
    assert not coded.is_between_events  # its bytes are others


PARTS = [b"data: a\n\n", b"data", b": b", b"\r\n", b"\n", b"\r", b": c\n", b"\xef\xbb\xbf", b"x"]


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=5).map(b"".join), max_size=12))
def test_times_are_those_of_the_first_and_last_byte(parts: list[bytes]) -> None:
    chunks = [Chunk(float(number), data) for number, data in enumerate(parts)]
    times = [chunk.t_s for chunk in chunks for _ in chunk.data]  # of every byte
    found = list(timed_events(chunks, []))
    expected = EventStreamParser().feed(b"".join(parts))
    assert [event[2:] for event in found] == [tuple(event) for event in expected]
    for event in found:
        assert event.t_first_s == times[event.start]
        assert event.t_s == times[event.end - 1]


def test_a_stream_of_comments_alone_takes_no_memory() -> None:
    def beats() -> Iterable[Chunk]:
        for number in range(20_000):
            yield Chunk(number, b": beat\n\n")

    tracemalloc.start()
    try:
        assert list(timed_events(beats(), [])) == []
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 100_000


# --- plain blocks ----------------------------------------------------------------------------

BEFORE = st.sampled_from([b"", b"id: 7\ndata: a\n\n", b"data: a\r\n\r", b": c\r", b"data: a\r\r"])
DATA = st.text(st.sampled_from("aé ")) | st.just("data: x")


@given(BEFORE, st.sampled_from(["", "event: e\n", "event: \n"]), st.lists(DATA, min_size=1))
def test_a_plain_block_is_taken_as_its_records(before: bytes, name: str, data: list[str]) -> None:
    texts = [f"{name}data: {each}\n\n" for each in data]
    lines = [f"data: {each}" for each in data]
    times = [2.0 + number for number in range(len(data))]
    names = [name[7:-1] or "message"] * len(data)
    block = Plain(times, texts, names, lines, len("".join(texts).encode()))
    ways = [Events([]) for _ in range(3)]
    for way in ways:
        list(way.feed(Chunk(1.0, b"data: begun\n\n")))
        list(way.feed(Chunk(1.5, before)))
        assert way.is_between_events
    found = [item for _, _, data in block.records() for item in ways[0].feed(Chunk(2.0, data))]
    assert [each[2:] for each in ways[1].feed_plain(block)] == [each[2:] for each in found]
    assert [each[:2] for each in ways[2].feed_plain(block)] == [(t_s, t_s) for t_s in times]
    # What comes after it is the same too.
    rests = [list(way.feed(Chunk(90.0, b"\ndata: z\n\n"))) for way in ways]
    assert rests[0] == rests[1] == rests[2]
