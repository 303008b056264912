from typing import Any

import pytest

from ssetape.editing.body import Body, BodyLine, Kind
from ssetape.editing.encoder import Fields
from ssetape.editing.encoders import encoder_for
from ssetape.errors import LineError
from ssetape.format.values import Chunk, Response

HEAD = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])


def event(number: int, data: str, t_s: float | None = None, **fields: Any) -> BodyLine:
    return BodyLine(number, Kind.MESSAGE, t_s, Fields("message", data), **fields)


def body(*lines: BodyLine, framing: str = "events") -> Body:
    found = Body(encoder_for(framing), HEAD.t_s)
    for line in lines:
        found.add(line)
    return found


def test_lines_become_chunks() -> None:
    found = body(
        event(1, "a", 1.0),
        event(2, "b", 1.0, is_joined=True),
        event(3, "c", 1.0),
        BodyLine(4, Kind.COMMENT, None, text=" hi"),
        BodyLine(5, Kind.BYTES, 2.0, raw=b"retry: 5\n\n"),
        BodyLine(6, Kind.BYTES, 2.0, raw=b""),
    )
    assert found.chunks == [
        Chunk(1.0, b"data: a\n\ndata: b\n\n"), Chunk(1.0, b"data: c\n\n"),
        Chunk(1.0, b": hi\n\n"), Chunk(2.0, b"retry: 5\n\n"),
    ]  # fmt: skip
    found.check(HEAD)


def test_bytes_that_still_say_it_stay_and_others_go() -> None:
    found = body(
        event(1, "a", 1.0, raw=b"data:a\r\n\r\n"), event(2, "b", 2.0, raw=b"data:a\r\n\r\n")
    )
    assert [chunk.data for chunk in found.chunks] == [b"data:a\r\n\r\n", b"data:b\r\n\r\n"]
    comment = BodyLine(1, Kind.COMMENT, 1.0, text="x", raw=b":x\r\n")
    assert body(comment).chunks == [Chunk(1.0, b":x\r\n")]
    other = BodyLine(1, Kind.COMMENT, 1.0, text="y", raw=b":x\r\n")
    assert body(other).chunks == [Chunk(1.0, b":y\n\n")]


def test_an_id_that_is_not_said_is_as_before() -> None:
    with_id = BodyLine(1, Kind.MESSAGE, 1.0, Fields("message", "a", "7"))
    found = body(with_id, event(2, "b", has_id=False), event(3, "c"))
    raw = b"".join(chunk.data for chunk in found.chunks)
    assert raw == b"id: 7\ndata: a\n\ndata: b\n\nid: \ndata: c\n\n"


@pytest.mark.parametrize(
    ("t_s", "pieces", "times"),
    [
        (1.0, [(-0.25, 3), (0.0, 6)], [(0.75, 3), (1.0, 6)]),
        (1.5, [(-0.25, 3), (0.0, 6)], [(1.25, 3), (1.5, 6)]),
        (1.0, [(-0.25, 9)], [(0.75, 9)]),
        (1.0, [(0.0, 8), (0.5, 1)], [(1.0, 8), (1.5, 1)]),
        # Of another size: the last chunk has the rest.
        (1.0, [(-0.25, 3), (0.0, 3)], [(0.75, 3), (1.0, 6)]),
        (1.0, [(-0.5, 3), (-0.25, 6), (0.0, 6)], [(0.5, 3), (1.0, 6)]),
        (1.0, [(-0.25, 90), (0.0, 6)], [(1.0, 9)]),
        (1.0, [(-0.25, 4)], [(1.0, 9)]),
    ],
)
def test_pieces_count_from_the_time_of_their_line(t_s: float, pieces: Any, times: Any) -> None:
    found = body(event(1, "a", t_s, pieces=pieces))
    assert [(chunk.t_s, len(chunk.data)) for chunk in found.chunks] == times
    assert b"".join(chunk.data for chunk in found.chunks) == b"data: a\n\n"


def test_a_line_of_another_time_is_no_part_of_the_chunk_before() -> None:
    found = body(event(1, "a", 1.0), event(2, "b", 1.5, is_joined=True))
    assert [chunk.t_s for chunk in found.chunks] == [1.0, 1.5]
    first = body(event(1, "a", 0.5, is_joined=True))
    assert len(first.chunks) == 1


def test_what_is_behind_a_line_comes_no_earlier() -> None:
    found = body(event(1, "a", 2.0), event(2, "b", 1.0), event(3, "c", 1.5), event(4, "d", 3.0))
    assert [chunk.t_s for chunk in found.chunks] == [2.0, 2.0, 2.0, 3.0]
    assert found.late == [2, 3]
    assert body(event(1, "a", 0.0)).chunks[0].t_s == HEAD.t_s


def test_marks_go_with_their_bytes() -> None:
    raw = b"data:abc\n\n"
    line = event(1, "abc", 1.0, raw=raw, masked=[[5, 8, "key"]], pieces=[(-0.5, 6), (0.0, 4)])
    assert body(line).marks == {0: [[5, 6, "key"]], 1: [[0, 2, "key"]]}
    joined = event(2, "abc", 1.0, raw=raw, masked=[[0, 8, "key"]], is_joined=True)
    assert body(line, joined).marks[1] == [[0, 2, "key"], [4, 12, "key"]]
    changed = event(1, "x", 1.0, raw=raw, masked=[[5, 8, "key"]])
    assert body(changed).marks == {}


@pytest.mark.parametrize(
    ("lines", "content_type", "why"),
    [
        ([event(3, "a\rb")], "text/event-stream", "line 3: a client would read 'a' here, not 'a"),
        ([event(3, "a")], "text/html; x", "line 3: no client would read 'a' here"),
        (
            [event(1, "a"), BodyLine(2, Kind.BYTES, raw=b"data: x\n\n"), event(3, "b")],
            "text/event-stream",
            "line 2: a client would read 'x' here, which the line is not",
        ),
        (
            [BodyLine(2, Kind.BYTES, raw=b"event: x\n"), event(3, "b")],
            "text/event-stream",
            "line 3: a client would read x 'b' here, not 'b'",
        ),
    ],
)
def test_a_body_that_says_something_else_is_a_mistake(
    lines: list[BodyLine], content_type: str, why: str
) -> None:
    head = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", content_type)])
    if "html" in content_type:
        head = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/css")])
    found = body(*lines)
    with pytest.raises(LineError) as raised:
        found.check(head)
    assert str(raised.value).startswith(why)
