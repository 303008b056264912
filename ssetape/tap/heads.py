"""Translates what DevTools says of requests and responses into the values of a capture.

DevTools has headers as an object, in which lines of the same name are joined by LF; over HTTP/1.1
also as the text that the server sent.
"""

import binascii
import codecs
from base64 import b64decode
from typing import Any

from ssetape.format import encode
from ssetape.format.codings import codings, meaningless
from ssetape.format.values import Headers, Request, Response
from ssetape.tap.devtools import Params

# By ALPN, as DevTools has it; others are kept as they are.
_HTTP_VERSIONS = {"http/1.0": "HTTP/1.0", "http/1.1": "HTTP/1.1", "h2": "HTTP/2.0", "h3": "HTTP/3"}
# What Chromium decodes; it leaves a body with any other coding as it is:
# https://source.chromium.org/chromium/chromium/src/+/main:net/filter/source_stream_type.h
_DECODED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "dcb", "dcz"})
_OF_CODED_BYTES = ("content-encoding", "content-length")
_MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
# As browsers decode it: each byte is a character.
# https://encoding.spec.whatwg.org/windows-1252.html
_UNTOLD = "windows-1252"
_UNTOLD_TO_LATIN_1 = {ord(bytes([n]).decode("cp1252", "ignore") or chr(n)): n for n in range(256)}


def headers(found: Params, text: str = "") -> Headers:
    """Header lines, without the pseudo-headers of HTTP/2.

    Args:
        found: an object of names and values.
        text: the head as it was sent, "" if it is not known.
    """
    lines = text.split("\r\n")[1:] if text else []
    pairs = [line.partition(":") for line in lines if ":" in line]
    if pairs:
        return [(_latin(name), _latin(value.strip())) for name, _, value in pairs]
    return [
        (_latin(str(name)), _latin(line))
        for name, value in found.items()
        if not name.startswith(":")
        for line in str(value).split("\n")
    ]


def http_version(protocol: object) -> str:
    """HTTP's version, as captures have it."""
    return _HTTP_VERSIONS.get(str(protocol), str(protocol or ""))


def url(found: str) -> str:
    """A URL in ASCII."""
    return encode.ascii_url(found.encode("utf-8", "surrogatepass"))


def request(fields: Params, sent: Headers | None, version: str, body: bytes | None) -> Request:
    """The request, unmasked.

    Args:
        fields: DevTools' `Request`.
        sent: the headers as they were sent; None if only those that the page gave are known.
        body: its bytes; None for none.
    """
    own = headers(fields["headers"]) if sent is None else sent
    return Request(str(fields["method"]), url(fields["url"]), version, own, body or None)


def response(fields: Params, received: Headers, t_s: float, from_cache: bool) -> Response:
    """The response's head, unmasked.

    Args:
        fields: DevTools' `Response`.
        received: its headers.
        t_s: when it came, in seconds since the request was sent.
    """
    kept, decoded = undone(received)
    return Response(
        t_s,
        int(fields["status"]),
        str(fields.get("statusText") or ""),
        http_version(fields.get("protocol")),
        kept,
        decoded_headers=decoded,
        from_cache=from_cache,
    )


def undone(received: Headers) -> tuple[Headers, Headers]:
    """Headers that hold for a decoded body, and those that held for the bytes as sent."""
    named = set(codings(received))
    # Beside what is no coding, Chromium undoes none.
    if not named or not named <= _DECODED or meaningless(received):
        return received, []
    kept = [pair for pair in received if pair[0].lower() not in _OF_CODED_BYTES]
    return kept, [pair for pair in received if pair[0].lower() in _OF_CODED_BYTES]


def body_in(fields: Params) -> bytes | None:
    """A request's body, as far as DevTools' `Request` has it; None if it has to be asked for."""
    if not fields.get("hasPostData"):
        return b""
    entries = fields.get("postDataEntries")
    if not isinstance(entries, list) or not all("bytes" in entry for entry in entries):
        return None
    return b"".join(unbase64(entry["bytes"]) for entry in entries)


def request_body(reply: Params) -> bytes:
    """A request's body, from the reply to REQUEST_BODY."""
    data = reply["postData"]
    return unbase64(data) if reply.get("base64Encoded") else str(data).encode()


def response_body(reply: Params, charset: str, size_bytes: int) -> bytes:
    """A response's body, from the reply to BODY, which has text as decoded text.

    Args:
        charset: what the response says that its text is, as DevTools has it. The browser may have
            found another one in the text, and decodes as windows-1252 where nothing says any.
        size_bytes: how many bytes came, which tells these apart; 0 if that is not known.
    """
    if reply.get("base64Encoded"):
        return unbase64(reply["body"])
    text = str(reply["body"])
    charsets = (charset, "utf-8", _UNTOLD)
    encoded = [data for name in charsets if (data := _encoded(text, name)) is not None]
    # The browser drops a byte order mark as it decodes by it.
    encoded += [mark + text.encode(name, "replace") for name, mark in _MARKS.items()]
    return next((data for data in encoded if len(data) == size_bytes), encoded[0])


def _encoded(text: str, charset: str) -> bytes | None:
    """The bytes of a text that was decoded; None if it was not decoded so."""
    try:
        if charset == _UNTOLD:
            return text.translate(_UNTOLD_TO_LATIN_1).encode("latin-1")
        return text.encode(charset)
    except (LookupError, UnicodeEncodeError):
        return None


def unbase64(text: Any) -> bytes:
    """The bytes of a base64 text; raises ValueError for anything else."""
    try:
        return b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error


def _latin(text: str) -> str:
    """A header's text with one character per byte."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("latin-1")
    return text
