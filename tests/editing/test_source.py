import gzip
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.editing.source import Source, decoded_head
from ssetape.format.values import Chunk, Response
from ssetape.messages.stretches import Slice

Make = Callable[..., Any]
GZIP = [
    ("content-type", "text/event-stream"),
    ("Content-Encoding", "gzip"),
    ("content-length", "9"),
]
LINES = b"""\
{"ssetape":1,"request":{"method":"GET","url":"http://a.test/"}}
[0.1,"head",{"status":200,"headers":[]}]
[0.2,"<","abcdef",{"masked":[[1,3,"key"],[4,6]]}]
[0.3,"<","gh",{"masked":[5,[3],["a","b"],[2,1]]}]
[0.4,"trailers",[["x","y"]],{"masked":{"headers":["x"]},"later":1}]
[0.5,"end",{"reason":"complete","chunks":2,"bytes":8,"guessed":true}]
"""


def test_an_encoded_body_is_decoded_and_its_head_says_so(capture: Make) -> None:
    body = gzip.compress(b"data: a\n\n", mtime=0)
    source = Source(capture([(0.1, body[:3]), (0.2, body[3:])], headers=GZIP))
    assert source.is_decoded
    assert [part for part in source.parts() if isinstance(part, Chunk)] == [
        Chunk(0.2, b"data: a\n\n")
    ]
    assert source.response is not None
    assert source.response.headers == GZIP[:1]
    assert source.response.decoded_headers == GZIP[1:]
    as_sent = Source(capture([(0.1, body)], headers=GZIP), decodes=False)
    assert not as_sent.is_decoded
    assert next(iter(as_sent.parts())) == Chunk(0.1, body)
    assert as_sent.response is not None
    assert as_sent.response.headers == GZIP


def test_damage_ends_the_chunks_and_not_the_rest(capture: Make) -> None:
    body = gzip.compress(b"data: a\n\n", mtime=0)
    source = Source(capture([(0.1, body[:-8]), (0.2, b"x" * 20), (0.3, b"y")], headers=GZIP))
    first, end = source.parts()
    assert first == Chunk(0.1, b"data: a\n\n")
    assert source.end == (0.3, {"reason": "complete"})
    assert end.t_s == 0.3
    unknown = Source(capture([(0.1, b"x")], headers=[("content-encoding", "compress")]))
    assert next(iter(unknown.parts())) == Chunk(0.1, b"x")


def test_what_is_masked_is_found_by_where_the_bytes_are_now(capture: Make) -> None:
    source = Source(capture(LINES))
    chunks = [part for part in source.parts() if isinstance(part, Chunk)]
    assert chunks == [Chunk(0.2, b"abcdef"), Chunk(0.3, b"gh")]
    assert source.spans([Slice(0.2, b"ab", 0)]) == [[1, 2, "key"]]
    assert source.spans([Slice(0.2, b"c", 0), Slice(0.2, b"def", 0)]) == [[0, 1, "key"], [2, 4]]
    assert source.spans([Slice(0.3, b"gh", 1)]) == []
    assert source.marked == {b"abcdef": [[1, 3, "key"], [4, 6]]}
    assert source.trailers_marks == {"masked": {"headers": ["x"]}}
    assert source.end == (0.5, {"reason": "complete", "guessed": True})


def test_a_span_across_slices_of_one_chunk_is_one(capture: Make) -> None:
    source = Source(capture(LINES))
    list(source.parts())
    assert source.spans([Slice(0.2, b"ab", 0), Slice(0.2, b"cdef", 0)]) == [[1, 3, "key"], [4, 6]]


def test_messages_of_a_websocket_have_their_marks(capture: Make) -> None:
    source = Source(capture(LINES.replace(b'{"ssetape"', b'{"kind":"websocket","ssetape"')))
    found = [(message.data, spans) for message, spans in source.messages()]
    assert found == [(b"abcdef", [[1, 3, "key"], [4, 6]]), (b"gh", [])]


@pytest.mark.parametrize("content", [b"{}\n", b'[0.1,"head",5]\n'])
def test_a_damaged_capture_ends_there(content: bytes, capture: Make) -> None:
    source = Source(capture(LINES.splitlines(keepends=True)[0] + content))
    assert source.response is None
    assert list(source.parts()) == []
    assert source.end is None


def test_a_coding_goes_to_what_was_decoded() -> None:
    head = Response(0.1, 200, "", "", [("a", "b"), ("Transfer-Encoding", "gzip, chunked")])
    found = decoded_head(head)
    assert (found.headers, found.decoded_headers) == (head.headers[:1], head.headers[1:])
