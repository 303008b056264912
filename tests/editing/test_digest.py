from dataclasses import replace
from typing import Any

import pytest

from ssetape.editing.digest import Digest
from ssetape.format.values import Chunk, Message, Request, Response

REQUEST = Request("GET", "http://a.test/", "HTTP/1.1", [("a", "b")], b"{}")
HEAD = Response(0.5, 200, "OK", "HTTP/1.1", [("a", "b")])


def digest(
    request: Request = REQUEST,
    head: Response = HEAD,
    *parts: Any,
    end: Any = (3.0, {"reason": "x"}),
) -> str:
    found = Digest(request)
    found.head(head)
    for part in parts:
        (found.chunk if isinstance(part, Chunk) else found.message)(part)
    found.trailers(2.0, [("x", "y")])
    found.end(*end)
    return found.text


CHUNKS = (Chunk(1.0, b"a"), Chunk(1.5, b"b"))
MESSAGES = (Message(1.0, False, True, b"a"),)


def test_equal_exchanges_have_equal_digests() -> None:
    assert digest(REQUEST, HEAD, *CHUNKS) == digest(REQUEST, HEAD, *CHUNKS)
    later = [chunk._replace(t_s=chunk.t_s + 1e-9) for chunk in CHUNKS]
    assert digest(REQUEST, HEAD, *CHUNKS) == digest(REQUEST, HEAD, *later)


@pytest.mark.parametrize(
    "other",
    [
        digest(replace(REQUEST, body=b"[]"), HEAD, *CHUNKS),
        digest(replace(REQUEST, url="http://b.test/"), HEAD, *CHUNKS),
        digest(REQUEST, replace(HEAD, status=201), *CHUNKS),
        digest(REQUEST, replace(HEAD, t_s=0.6), *CHUNKS),
        digest(REQUEST, HEAD, Chunk(1.0, b"ab")),
        digest(REQUEST, HEAD, Chunk(1.0, b""), Chunk(1.5, b"ab")),
        digest(REQUEST, HEAD, Chunk(1.1, b"a"), CHUNKS[1]),
        digest(REQUEST, HEAD, *MESSAGES),
        digest(REQUEST, HEAD, MESSAGES[0]._replace(dropped=True)),
        digest(REQUEST, HEAD, MESSAGES[0]._replace(from_client=True)),
        digest(REQUEST, HEAD, *CHUNKS, end=(3.0, {"reason": "y"})),
    ],
)
def test_any_change_shows(other: str) -> None:
    assert other != digest(REQUEST, HEAD, *CHUNKS)
