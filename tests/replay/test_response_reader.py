import random

import pytest

from ssetape.replay.response_reader import Data, Ending, Head, ResponseReader

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nX: a\x0bb\r\n\r\n"
LENGTH = b"HTTP/1.1 599 \r\ncontent-length: 5\r\n\r\n"
REST = b"HTTP/1.0 200\r\n\r\n"


def read(data: bytes, sizes: list[int], *, has_body: bool = True) -> tuple[list[object], bytes]:
    """What a reader tells of these bytes, pieces of a chunk put together, and what is left."""
    reader = ResponseReader(has_body=has_body)
    found: list[object] = []
    place = 0
    open_data = False
    while not reader.is_over:
        size = sizes[place % len(sizes)] if len(sizes) > 1 else sizes[0]
        piece, data = data[:size], data[size:]
        place += 1
        for event in reader.feed(piece):
            if isinstance(event, Data) and open_data:
                last = found.pop()
                assert isinstance(last, Data)
                event = Data(last.data + event.data, event.ends_chunk)
            open_data = isinstance(event, Data) and not event.ends_chunk
            found.append(event)
    return found, reader.trailing + data


CASES = [
    (
        CHUNKED + b"2\r\nab\r\n3;x=y\r\n\r\n!\r\n0\r\nT: 1\r\n\r\nmore",
        [Data(b"ab", True), Data(b"\r\n!", True), Ending.COMPLETE],
        b"more",
    ),
    (CHUNKED + b"0\r\n\r\n", [Ending.COMPLETE], b""),
    (CHUNKED + b"5\r\nab", [Data(b"ab"), Ending.CUT], b""),
    (CHUNKED + b"2\r\nab\r\n", [Data(b"ab", True), Ending.CUT], b""),
    (LENGTH + b"abcdemore", [Data(b"abcde"), Ending.COMPLETE], b"more"),
    (LENGTH + b"abcd", [Data(b"abcd"), Ending.CUT], b""),
    (LENGTH.replace(b"5\r", b"0\r"), [Ending.COMPLETE], b""),
    (REST + b"abc", [Data(b"abc"), Ending.COMPLETE], b""),
    (REST, [Ending.COMPLETE], b""),
]


@pytest.mark.parametrize(("data", "events", "left"), CASES, ids=range(len(CASES)))
def test_a_response_is_read_however_it_is_cut(
    data: bytes, events: list[object], left: bytes
) -> None:
    chance = random.Random(data)
    for sizes in [1], [100_000], [chance.randrange(1, 20) for _ in range(50)]:
        (head, *rest), unread = read(data, sizes)
        assert isinstance(head, Head)
        assert rest == events
        assert unread == left


def test_a_head_is_told_byte_for_byte() -> None:
    (head, *_), _ = read(CHUNKED + b"0\r\n\r\n", [1])
    assert head == Head(200, "OK", [("Transfer-Encoding", " gzip, Chunked"), ("X", " a\x0bb")])
    (head, *_), _ = read(LENGTH + b"abcde", [1])
    assert head == Head(599, "", [("content-length", " 5")])
    large = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n"
    (head, *_), _ = read(large, [65_536])
    assert isinstance(head, Head)
    assert len(head.headers[0][1]) == 300_001


@pytest.mark.parametrize("status", [101, 204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    data = LENGTH.replace(b"599", b"%d" % status)
    assert read(data + b"abcde", [3])[0][1:] == [Ending.COMPLETE]


def test_an_answer_to_head_has_no_body() -> None:
    assert read(CHUNKED, [7], has_body=False)[0][1:] == [Ending.COMPLETE]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        CHUNKED + b"x\r\n",
        CHUNKED + b"2\r\nabc\r\n",
        LENGTH.replace(b"5\r", b"x\r"),
    ],
)
def test_what_is_no_response_is_cut(data: bytes) -> None:
    for size in 1, 1000:
        assert read(data, [size])[0][-1] is Ending.CUT
