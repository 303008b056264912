"""Writes one exchange to a file, and lists the recordings under way.

Rules of this file:

1. Every byte that the client saw is in the file: where a write fails, the recording ends, and no
   byte is skipped.
2. Nothing here raises into the proxy: the traffic goes on whatever happens to the file.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from ssetape.format import encode
from ssetape.format.values import Headers, Response
from ssetape.format.writer import CaptureWriter

from . import ends, masking
from .log import logger

# What mitmproxy takes for `response.stream`: https://docs.mitmproxy.org/stable/api/mitmproxy/http.html
StreamFunction = Callable[[bytes], Iterable[bytes] | bytes]

# By flow id. Here and not in record.py: mitmproxy reloads that file when it changes, and streams
# go on across the reload.
live: dict[str, "Recording"] = {}
# Called with each recording as it starts.
on_start: list[Callable[["Recording"], None]] = []
# How many recordings have ended, by reason.
finished: Counter[str] = Counter()


class Recording:
    """Writes one exchange.

    Attributes:
        title: method and masked URL, for messages.
        writer: the file.
        reason: why it ended; None until then.
        stream: the function that it gave to `response.stream`.
        last_call_s: when that was last called, on the clock of `time.perf_counter`.
        was_ended: whether that was called with b"", as it is at the end.

    With `mask`, secrets in the finished file are masked.
    """

    def __init__(
        self, flow_id: str, title: str, writer: CaptureWriter, sent_s: float, mask: bool = False
    ) -> None:
        self.title = title
        self.writer = writer
        self.reason: str | None = None
        self.last_call_s = perf_counter()
        self.was_ended = False
        self.stream: StreamFunction | None = None
        self._flow_id = flow_id
        self._sent_s = sent_s
        self._mask = mask
        self._altered = False
        live[flow_id] = self
        for notify in on_start:
            notify(self)

    def stream_function(self, inner: StreamFunction | None) -> StreamFunction:
        """The function to put into `response.stream`: records the bytes and passes them on.

        Args:
            inner: another addon's function found there; it stays in effect.
        """
        sent_s = self._sent_s
        write = self.writer.chunk

        def record(data: bytes) -> Iterable[bytes] | bytes:
            # First of all: this is the chunk's time.
            self.last_call_s = now_s = perf_counter()
            if not data:
                # The end, or an empty HTTP/2 frame: only the next hook shows which. mitmproxy
                # would forward an empty piece as the end of the response.
                self.was_ended = True
                return []
            if self.reason is None:
                try:
                    write(now_s - sent_s, data)
                except Exception as error:  # any failure: the client's bytes go on
                    self.fail(error)
            return data

        self.stream = record if inner is None else self._around(inner, record)
        return self.stream

    def _around(self, inner: StreamFunction, record: StreamFunction) -> StreamFunction:
        """Record the bytes from the server, then let the other addon's function change them."""

        def record_and_pass(data: bytes) -> Iterable[bytes] | bytes:
            record(data)
            pieces = inner(data)
            pieces = [pieces] if isinstance(pieces, bytes) else list(pieces)
            self._altered |= b"".join(pieces) != data
            return [piece for piece in pieces if piece]

        return record_and_pass

    def was_taken_away(self, stream: object) -> bool:
        """Whether another addon has replaced our function with `stream`, which never calls it."""
        return stream is not self.stream and not self.was_ended

    def head(self, response: Response) -> None:
        """Write the response head; raises OSError."""
        self.writer.head(response.t_s, encode.head(response))

    def chunk(self, now_s: float, data: bytes) -> None:
        """Write bytes that arrived at `now_s` without a call of the stream function."""
        if self.reason is None:
            try:
                self.writer.chunk(now_s - self._sent_s, data)
            except Exception as error:
                self.fail(error)

    def message(
        self, now_s: float, data: bytes, from_client: bool, is_text: bool, marks: dict[str, Any]
    ) -> None:
        """Write a WebSocket message that arrived at `now_s`."""
        self.last_call_s = now_s
        if self.reason is None:
            try:
                self.writer.message(now_s - self._sent_s, data, from_client, is_text, marks)
            except Exception as error:
                self.fail(error)

    def trailers(self, now_s: float, trailers: Headers, marks: dict[str, Any]) -> None:
        """Write trailers, and the names of those that are masked."""
        if self.reason is None:
            try:
                self.writer.trailers(now_s - self._sent_s, trailers, marks)
            except Exception as error:
                self.fail(error)

    def finish(self, now_s: float, reason: str, **details: Any) -> None:
        """Write the end record and close the file. Later calls do nothing."""
        if self.reason is not None:
            return
        self._retire(reason)
        if self._altered:
            details["altered"] = True
        t_s = now_s - self._sent_s
        try:
            self.writer.end(t_s, reason, **details)
        except Exception as error:
            self.writer.close()
            logger.error(
                f"ssetape: {self.writer.path}: cannot write the end record: {ends.said(error)}"
            )
        words = f": {details['error']}" if details.get("error") else ""
        changed = "; another addon changed the client's bytes" if self._altered else ""
        logger.info(
            f"ssetape: {reason} after {t_s:.2f} s, chunks: {self.writer.chunks}, "
            f"bytes: {self.writer.size_bytes}{words}{changed}: {self.writer.path.name}"
        )
        if not self.writer.path.exists():
            logger.error(
                f"ssetape: {self.writer.path} is gone: it was removed while it was being recorded, "
                f"and nothing of {self.title} is kept"
            )
            return
        self._mask_file()

    def fail(self, error: Exception) -> None:
        """Log the error and stop writing; the stream itself goes on."""
        if self.reason is not None:
            logger.error(f"ssetape: {self.writer.path}: {error!r}")
            return
        self._retire(ends.WRITE_FAILED)
        logger.error(
            f"ssetape: stopped recording {self.title} after {self.writer.size_bytes} bytes: "
            f"{ends.said(error)}; the stream itself goes on; the capture is good up to that point: "
            f"{self.writer.path}"
        )
        try:
            self.writer.end(
                perf_counter() - self._sent_s, ends.WRITE_FAILED, error=ends.said(error)
            )
        except Exception:
            self.writer.close()  # without an end record the capture reads as interrupted
        self._mask_file()

    def _mask_file(self) -> None:
        if self._mask:
            masking.take(self.writer.path)

    def _retire(self, reason: str) -> None:
        self.reason = reason
        live.pop(self._flow_id, None)
        finished[reason] += 1


def finish_all(reason: str) -> None:
    """End all open recordings, when the proxy stops."""
    for recording in list(live.values()):
        recording.finish(perf_counter(), reason)
