"""Frames a recorded response for HTTP/1.1. Pure.

https://www.rfc-editor.org/rfc/rfc9112
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ssetape.format import sendable
from ssetape.format.values import Headers, Response, header_values

# They are about the recorded connection only: RFC 9110, section 7.6.1.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)

# Heads that are remembered: many clients ask for the same few responses.
_REMEMBERED = 256


class BodyFraming(Enum):
    """How the receiver learns where the body ends."""

    CHUNKED = "chunked"
    LENGTH = "content-length"
    CLOSE = "close"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Head:
    """A response head ready for the wire.

    Attributes:
        length_bytes: the body size that it announces; None if it announces none.
        closes: whether the connection closes after this response.
    """

    wire: bytes
    framing: BodyFraming
    length_bytes: int | None
    closes: bool


class _Itself:
    """A response as a key. Its headers are a list, so it has no hash but that of its identity."""

    __slots__ = ("response",)

    def __init__(self, response: Response) -> None:
        self.response = response

    def __hash__(self) -> int:
        return id(self.response)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.response is self.response


def head(response: Response, *, http_1_0: bool, client_closes: bool, no_body: bool = False) -> Head:
    """Return the head for a client; the same one for a response that was just asked for.

    A recorded Content-Length stays; any other body is chunked, one HTTP chunk per recorded
    chunk, whatever framing the origin used.

    Args:
        http_1_0: whether the client speaks HTTP/1.0, which has no chunked bodies.
        client_closes: whether the client asked to close the connection afterwards.
        no_body: whether the request was a HEAD.
    """
    return _head(_Itself(response), http_1_0, client_closes, no_body)


@lru_cache(maxsize=_REMEMBERED)
def _head(itself: _Itself, http_1_0: bool, client_closes: bool, no_body: bool) -> Head:
    response = itself.response
    dropped = _of_the_connection(response)
    length_bytes = _length_bytes(response.headers)
    if no_body or response.status in (204, 304):
        framing, length_bytes = BodyFraming.NONE, None
    elif length_bytes is not None:
        framing = BodyFraming.LENGTH
    else:
        framing = BodyFraming.CLOSE if http_1_0 else BodyFraming.CHUNKED
    if framing in (BodyFraming.CHUNKED, BodyFraming.CLOSE):
        dropped.add("content-length")
    elif framing is BodyFraming.LENGTH:
        dropped.discard("content-length")  # even if the origin's Connection header named it

    sent: Headers = []
    marked = framing is not BodyFraming.CHUNKED
    for name, value in response.headers:
        if name.lower() == "transfer-encoding" and not marked:
            sent.append((name, "chunked"))  # at the origin's place, in its spelling
            marked = True
        elif name.lower() not in dropped:
            sent.append((name, value))
    if not marked:
        sent.append(("transfer-encoding", "chunked"))
    closes = client_closes or http_1_0 or framing is BodyFraming.CLOSE
    if closes:
        sent.append(("connection", "close"))
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in sent]
    wire = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return Head(wire, framing, length_bytes, closes)


def bare_head(response: Response, *, no_body: bool = False) -> tuple[Head, Headers]:
    """Return the head where another layer frames the body: HTTP/2, or an ASGI server.

    Header names are in lower case, as both require.
    """
    return _bare_head(_Itself(response), no_body)


@lru_cache(maxsize=_REMEMBERED)
def _bare_head(itself: _Itself, no_body: bool) -> tuple[Head, Headers]:
    response = itself.response
    dropped = _of_the_connection(response)
    length_bytes = _length_bytes(response.headers)
    framing = BodyFraming.CLOSE if length_bytes is None else BodyFraming.LENGTH
    if no_body or response.status in (204, 304):
        framing, length_bytes = BodyFraming.NONE, None
    elif length_bytes is None:
        dropped.add("content-length")
    else:
        dropped.discard("content-length")
    headers = [(name.lower(), value) for name, value in response.headers]
    kept = [(name, value.strip(" \t")) for name, value in headers if name not in dropped]
    return Head(b"", framing, length_bytes, closes=False), kept


def _of_the_connection(response: Response) -> set[str]:
    """The names, in lower case, of headers that are about the recorded connection only."""
    dropped = set(_HOP_BY_HOP)
    for value in header_values(response.headers, "connection"):
        dropped.update(name.strip().lower() for name in value.split(","))
    return dropped


def chunk(framing: BodyFraming, data: bytes) -> bytes:
    """One recorded chunk on the wire, RFC 9112 section 7.1."""
    if framing is BodyFraming.CHUNKED and data:  # an empty chunk would be the last
        return b"%x\r\n%b\r\n" % (len(data), data)
    return b"" if framing is BodyFraming.NONE else data


def last(framing: BodyFraming, trailers: Headers) -> bytes:
    """The bytes that end a complete body, RFC 9112 section 7.1.2."""
    if framing is not BodyFraming.CHUNKED:
        return b""
    lines = [
        f"{name}: {value}\r\n"
        for name, value in ((n, sendable.value(v)) for n, v in trailers)
        if sendable.is_field(name, value)
    ]
    return b"0\r\n" + "".join(lines).encode("latin-1") + b"\r\n"


def _length_bytes(headers: Headers) -> int | None:
    """The Content-Length if it is valid and applies, else None: RFC 9112, section 6.3."""
    lengths = {value.strip() for value in header_values(headers, "content-length")}
    if len(lengths) != 1 or header_values(headers, "transfer-encoding"):
        return None
    (length,) = lengths
    return int(length) if re.fullmatch("[0-9]{1,18}", length) else None
