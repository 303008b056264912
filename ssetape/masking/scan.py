"""Finds likely secrets that are still in a capture."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.file import CaptureFile
from ssetape.format.values import WEBSOCKET, Chunk, Headers, Trailers
from ssetape.masking.by_place import mask_headers, mask_url
from ssetape.masking.by_shape import find
from ssetape.messages.decoding import BodyDecoder

# Pattern names for what the recorder masks by place, whatever its shape.
CREDENTIAL_HEADER = "credential-header"
CREDENTIAL_PARAMETER = "credential-parameter"


class FoundSecret(NamedTuple):
    """A likely secret.

    Attributes:
        place: where it is, such as "request header authorization" or "body".
        t_s: the time of the chunk or message it begins in; None outside bodies and messages.
        pattern: the name of its shape.
        hint: enough of it to find it, never the whole.
    """

    place: str
    t_s: float | None
    pattern: str
    hint: str


def scan(capture: CaptureFile) -> Iterator[FoundSecret]:
    """Yield the likely secrets of a capture, in the order of the exchange.

    Bodies are decoded from their Content-Encoding, and each is held in memory because a chunk
    boundary may cut a secret. Masked secrets are not reported.

    Raises:
        CaptureError: the file cannot be read, or is damaged.
        DecodingError: a body cannot be decoded as its Content-Encoding says.
    """
    request = capture.request
    masked_url, names = mask_url(request.url)
    if masked_url != request.url:
        yield FoundSecret("URL", None, CREDENTIAL_PARAMETER, ", ".join(names))
    yield from _in_text("URL", masked_url)
    yield from _in_headers("request header", request.headers)
    if request.body:
        yield from _in_body("request body", request.headers, [Chunk(0.0, request.body)])
    if capture.response is not None:
        yield from _in_headers("response header", capture.response.headers)
    if capture.kind == WEBSOCKET:
        for message in capture.messages():
            side = "client" if message.from_client else "server"
            for found in find(message.data):
                hint = _hint(message.data[found.start : found.end])
                yield FoundSecret(f"message of the {side}", message.t_s, found.pattern, hint)
        return
    chunks: list[Chunk] = []
    trailers: Headers = []
    for part in capture.parts():
        if isinstance(part, Chunk):
            chunks.append(part)
        elif isinstance(part, Trailers):
            trailers += part.headers
    headers = capture.response.headers if capture.response else []
    yield from _in_body("body", headers, chunks)
    yield from _in_headers("trailer", trailers)


def _in_headers(place: str, headers: Headers) -> Iterator[FoundSecret]:
    masked, _ = mask_headers(headers)
    for (name, value), (_, kept) in zip(headers, masked, strict=True):
        where = f"{place} {name.lower()}"
        if kept != value:
            yield FoundSecret(where, None, CREDENTIAL_HEADER, _hint(value.encode()))
        else:
            yield from _in_text(where, value)


def _in_text(place: str, text: str) -> Iterator[FoundSecret]:
    data = text.encode("utf-8", "replace")
    for found in find(data):
        yield FoundSecret(place, None, found.pattern, _hint(data[found.start : found.end]))


def _in_body(place: str, headers: Headers, chunks: Iterable[Chunk]) -> Iterator[FoundSecret]:
    decoder = BodyDecoder(headers)
    body = bytearray()
    begins: list[tuple[int, float]] = []
    for chunk in chunks:
        begins.append((len(body), chunk.t_s))
        for piece in decoder.feed(chunk.data):
            body += piece
    data = bytes(body)
    for found in find(data):
        t_s = max((begin for begin in begins if begin[0] <= found.start), default=(0, 0.0))[1]
        yield FoundSecret(place, t_s, found.pattern, _hint(data[found.start : found.end]))


def _hint(secret: bytes) -> str:
    """A quarter of the secret, at most eight characters, and its length."""
    shown = secret[: min(8, len(secret) // 4)].decode("utf-8", "replace")
    return f"{shown}… ({len(secret)} bytes)"
