"""Finds likely secrets that are still in a capture."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.file import CaptureFile
from ssetape.format.values import WEBSOCKET, Chunk, Headers, Trailers
from ssetape.masking.body import BodyMasker, Part
from ssetape.masking.by_place import mask_headers, mask_url
from ssetape.masking.findings import Finding
from ssetape.masking.search import find
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

    Bodies are searched as what they decode to. Masked secrets are not reported.

    Raises:
        CaptureError: the file cannot be read, or is damaged.
        DecodingError: a body does not decode as its Content-Encoding says, or to too much.
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
        yield from _in_headers("response header", capture.response.sent_headers)
    if capture.kind == WEBSOCKET:
        yield from _in_messages(capture)
        return
    trailers: Headers = []
    headers = capture.response.headers if capture.response else []
    yield from _in_body("body", headers, _chunks(capture, trailers))
    yield from _in_headers("trailer", trailers)


def _chunks(capture: CaptureFile, trailers: Headers) -> Iterator[Chunk]:
    """Yield the chunks of a body; its trailers are added to the list."""
    for part in capture.parts():
        if isinstance(part, Chunk):
            yield part
        elif isinstance(part, Trailers):
            trailers += part.headers


def _in_messages(capture: CaptureFile) -> Iterator[FoundSecret]:
    parts = (
        Part(message.t_s, message.data, "client" if message.from_client else "server")
        for message in capture.messages()
    )
    for part, found in _search(parts, separator=b"\n"):
        yield _found(f"message of the {part.owner}", part.t_s, found)


def _in_headers(place: str, headers: Headers) -> Iterator[FoundSecret]:
    masked, _ = mask_headers(headers)
    for (name, value), (_, kept) in zip(headers, masked, strict=True):
        where = f"{place} {name.lower()}"
        if kept != value:
            yield FoundSecret(where, None, CREDENTIAL_HEADER, _hint(value.encode()))
        else:
            yield from _in_text(where, value)


def _in_text(place: str, text: str) -> Iterator[FoundSecret]:
    for found in find(text.encode("utf-8", "replace")):
        yield _found(place, None, found)


def _in_body(place: str, headers: Headers, chunks: Iterable[Chunk]) -> Iterator[FoundSecret]:
    decoder = BodyDecoder(headers)
    parts = (Part(chunk.t_s, piece) for chunk in chunks for piece in decoder.feed(chunk.data))
    for part, found in _search(parts):
        yield _found(place, part.t_s, found)


def _search(parts: Iterable[Part], separator: bytes = b"") -> Iterator[tuple[Part, Finding]]:
    """Yield the secrets in parts, each with the part that it begins in."""
    found: list[tuple[Part, Finding]] = []
    body = BodyMasker(b"", lambda part, finding: found.append((part, finding)), separator)
    for part in parts:
        for _ in body.take(part):
            pass
        yield from found
        found.clear()
    for _ in body.rest():
        pass
    yield from found


def _found(place: str, t_s: float | None, found: Finding) -> FoundSecret:
    return FoundSecret(place, t_s, found.pattern, _hint(found.secret))


def _hint(secret: bytes) -> str:
    """A quarter of the secret, at most eight characters, and its length."""
    shown = secret[: min(8, len(secret) // 4)].decode("utf-8", "replace")
    return f"{shown}… ({len(secret)} bytes)"
