"""Decodes the codings of a body incrementally, as the bytes arrive.

https://www.rfc-editor.org/rfc/rfc9110#field.content-encoding
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from ssetape.errors import DecodingError
from ssetape.format.codings import codings
from ssetape.format.values import Headers

# A few compressed bytes can expand to gigabytes: output is passed on in pieces of this size. One
# with short lines takes a hundred times its size as messages or comments.
PIECE_BYTES = 128 * 1024
# What a body may unfold to: so much in any case, and beyond that so many times what was received.
# Streams shrink to a fifth or a thirtieth of their size, bombs to a thousandth and less.
UNFOLDED_FREE_BYTES = 4 * 1024 * 1024
UNFOLDED_TIMES = 50
# What may be held at once of a body, or of a chunk, that is needed as a whole: an upload packed as
# well as streams are would pass the limits above with gigabytes.
HELD_LIMIT_BYTES = 64 * 1024 * 1024
# Fed in pieces of this size, so that a chunk of megabytes is stopped early, too.
_FED_BYTES = 64 * 1024
# Nobody uses more than two; each takes time and memory.
CODINGS_LIMIT = 4
# RFC 9659 allows a Content-Encoding no larger window; the library's own limit is 128 MiB.
_ZSTD_WINDOW_LOG = 23


class Decoder(Protocol):
    """Decodes one coding. Bytes in, decoded pieces out, none much longer than PIECE_BYTES."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Inflate:
    """gzip, zlib, and the headerless deflate that some servers send as `deflate`."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._start = b""
        self._inflater: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            data = self._start + data
            if self._coding == "deflate" and len(data) < 2:
                self._start = data  # two bytes distinguish a zlib header from raw deflate
                return
            self._inflater = zlib.decompressobj(self._window_bits(data))
        while True:
            piece = self._inflater.decompress(data, PIECE_BYTES)
            yield piece
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # Another gzip member may follow; anything else after the end is padding.
                data = self._inflater.unused_data
                if self._coding != "gzip" or not data.startswith(b"\x1f\x8b"):
                    return
                self._inflater = zlib.decompressobj(self._window_bits(data))
            elif not data and len(piece) < PIECE_BYTES:
                return  # after a full piece, output may remain even without input

    def _window_bits(self, data: bytes) -> int:
        if self._coding == "gzip":
            return 16 + zlib.MAX_WBITS
        has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


class _Brotli:
    def __init__(self) -> None:
        self._decompressor: Any = _module("br").Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not hasattr(self._decompressor, "can_accept_more_data"):  # before brotli 1.2
            yield self._decompressor.process(data)
            return
        piece = self._decompressor.process(data, output_buffer_limit=PIECE_BYTES)
        # It may report that it can accept more while output remains.
        while piece or not self._decompressor.can_accept_more_data():
            yield piece
            piece = self._decompressor.process(b"", output_buffer_limit=PIECE_BYTES)


class _Zstd:
    def __init__(self) -> None:
        self._module = _module("zstd")
        self._decompressor = self._new()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._decompressor.eof:  # frames may follow each other, RFC 8878 section 3
                data = self._decompressor.unused_data + data
                if not data:
                    return
                self._decompressor = self._new()
            yield self._decompressor.decompress(data, PIECE_BYTES)
            data = b""
            if self._decompressor.eof:
                if not self._decompressor.unused_data:
                    return
            elif self._decompressor.needs_input:
                return

    def _new(self) -> Any:
        window = int(self._module.DecompressionParameter.window_log_max)
        return self._module.ZstdDecompressor(options={window: _ZSTD_WINDOW_LOG})


# Found when they are first needed: masking runs without them, in a bare Python, too.
_MODULES = {"br": ("brotli",), "zstd": ("compression.zstd", "backports.zstd")}


def _module(coding: str) -> ModuleType:
    """The module that decodes a coding.

    Raises:
        DecodingError: it is not installed.
    """
    for name in _MODULES[coding]:
        try:
            return import_module(name)
        except ImportError:
            continue
    name = _MODULES[coding][-1]
    raise DecodingError(
        f"content-encoding {coding!r} needs the package {name}, which this Python does not have"
    )


_CODINGS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Inflate("gzip"),
    "x-gzip": lambda: _Inflate("gzip"),
    "deflate": lambda: _Inflate("deflate"),
    "br": _Brotli,
    "zstd": _Zstd,
}
# zlib.error, brotli.error and zstd.ZstdError, by name: the modules may not be there.
_FAILURES = ("error", "ZstdError")


class BodyDecoder:
    """Decodes all codings that a response's headers name, if any.

    What comes out is limited, whoever reads it: a body that unfolds to more than
    UNFOLDED_FREE_BYTES and UNFOLDED_TIMES what was received is a bomb. Who needs it as a whole
    takes it through `held`, which has a limit of its own.

    Raises:
        DecodingError: a coding is not supported, or (from `feed`) the bytes do not match the
            coding, or unfold to too much.
    """

    def __init__(self, headers: Headers) -> None:
        names = codings(headers)
        for coding in names:
            if coding not in _CODINGS:
                raise DecodingError(
                    f"content-encoding {coding!r:.60} is not supported "
                    f"(supported: {', '.join(_CODINGS)}); the bytes can still be shown raw"
                )
        if len(names) > CODINGS_LIMIT:
            raise DecodingError(
                f"content-encoding names {len(names)} codings, more than {CODINGS_LIMIT} of "
                f"which nobody uses; the bytes can still be shown raw"
            )
        self._coding = ", ".join(names)
        self._decoders = [_CODINGS[coding]() for coding in reversed(names)]
        self._fed_bytes = 0
        self._unfolded_bytes = 0
        self._failure: DecodingError | None = None

    @property
    def is_identity(self) -> bool:
        """Whether there is nothing to decode."""
        return not self._decoders

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decodes to, in non-empty pieces of bounded size.

        After an error, every later call raises the same one.
        """
        if not self._decoders:
            if data:
                yield data
            return
        if self._failure is not None:
            raise self._failure
        try:
            for place in range(0, len(data), _FED_BYTES):
                yield from self._decoded(data[place : place + _FED_BYTES])
        except DecodingError as error:
            self._failure = error
            raise

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        start = self._fed_bytes
        self._fed_bytes += len(data)
        try:
            yield from filter(None, self._through(self._decoders, data))
        except Exception as error:
            if type(error).__name__ not in _FAILURES:
                raise
            raise DecodingError(
                f"the body is not {self._coding} from byte {start} on: {error}"
            ) from error

    def _through(self, decoders: list[Decoder], data: bytes) -> Iterator[bytes]:
        if not decoders:
            yield data
            return
        for piece in decoders[0].feed(data):
            self._count(len(piece))
            yield from self._through(decoders[1:], piece)

    def _count(self, size_bytes: int) -> None:
        """Count what a coding unfolds to: a bomb may be inside another, which comes to nothing."""
        self._unfolded_bytes += size_bytes
        if self._unfolded_bytes > max(UNFOLDED_FREE_BYTES, UNFOLDED_TIMES * self._fed_bytes):
            raise DecodingError(
                f"the body unfolds to more than {UNFOLDED_FREE_BYTES >> 20} MiB and "
                f"{UNFOLDED_TIMES} times what was received, as only decompression bombs do; the "
                f"rest is not read, and the bytes can still be shown raw"
            )


def held(pieces: Iterable[bytes]) -> bytes:
    """The pieces as one, for who needs a body, or what a chunk of it unfolds to, as a whole.

    Raises:
        DecodingError: they are more than HELD_LIMIT_BYTES; or as the pieces do.
    """
    kept = []
    left_bytes = HELD_LIMIT_BYTES
    for piece in pieces:
        left_bytes -= len(piece)
        if left_bytes < 0:
            raise DecodingError(
                f"the body unfolds to more than {HELD_LIMIT_BYTES >> 20} MiB, more than is held "
                f"in memory at once; the bytes can still be shown raw"
            )
        kept.append(piece)
    return b"".join(kept)


def decoded(headers: Headers, body: bytes, limit_bytes: int | None = None) -> bytes:
    """A whole body, decoded; only its beginning if it is longer than the limit.

    Raises:
        DecodingError: as in `BodyDecoder`, and in `held`.
    """
    decoder = BodyDecoder(headers)
    if decoder.is_identity:
        return body
    pieces = decoder.feed(body)
    return held(pieces if limit_bytes is None else _beginning(pieces, limit_bytes))


def _beginning(pieces: Iterable[bytes], limit_bytes: int) -> Iterator[bytes]:
    """Yield pieces until they are as many bytes; the last may go beyond."""
    for piece in pieces:
        yield piece
        limit_bytes -= len(piece)
        if limit_bytes <= 0:
            return
