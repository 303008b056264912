"""One exchange on its way into a file, and the list of those that are.

Laws of this file:

1. A byte that the client saw is a byte in the file: what cannot be written is not skipped,
   the recording ends there.
2. Nothing here raises into the proxy: the traffic goes on whatever happens to the file.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from ssetape.format import encode
from ssetape.format.values import Headers, Response
from ssetape.format.writer import CaptureWriter

from . import ends, masking

logger = logging.getLogger("ssetape")

# What mitmproxy takes for `response.stream`: https://docs.mitmproxy.org/stable/api/mitmproxy/http.html
StreamFunction = Callable[[bytes], Iterable[bytes] | bytes]

# By flow id. It lives here, not in record.py: mitmproxy loads that anew when its file changes,
# and streams outlast it.
live: dict[str, "Recording"] = {}
# Called with each as it starts.
on_start: list[Callable[["Recording"], None]] = []
# How many have ended, by reason.
finished: Counter[str] = Counter()


class Recording:
    """Writes one exchange.

    Attributes:
        title: method and (masked) URL, for messages.
        writer: the file.
        reason: how it ended, None while it has not.
        stream: the function it gave to `response.stream`.
        last_call_s: when that was called last, on the clock of `time.perf_counter`.
        was_ended: whether it was called with b"", as it is at the end.

    With `mask` its file is looked over for secrets when it is finished.
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
        for tell in on_start:
            tell(self)

    def stream_function(self, inner: StreamFunction | None) -> StreamFunction:
        """The function to put into `response.stream`: records, and hands the bytes on.

        Args:
            inner: a function that another addon had put there, which goes on to do its work.
        """
        sent_s = self._sent_s
        write = self.writer.chunk

        def record(data: bytes) -> Iterable[bytes] | bytes:
            # Taken before anything else: this is the chunk's time.
            self.last_call_s = now_s = perf_counter()
            if not data:
                # The end, or an empty HTTP/2 frame: only the next hook tells. An empty piece
                # would be passed on as the end of the response.
                self.was_ended = True
                return []
            if self.reason is None:
                try:
                    write(now_s - sent_s, data)
                except Exception as error:  # whatever it is, the client's bytes go on
                    self.fail(error)
            return data

        self.stream = record if inner is None else self._around(inner, record)
        return self.stream

    def _around(self, inner: StreamFunction, record: StreamFunction) -> StreamFunction:
        """Records what came from the server, then lets the other addon's function change it."""

        def record_and_pass(data: bytes) -> Iterable[bytes] | bytes:
            record(data)
            pieces = inner(data)
            pieces = [pieces] if isinstance(pieces, bytes) else list(pieces)
            self._altered |= b"".join(pieces) != data
            return [piece for piece in pieces if piece]

        return record_and_pass

    def was_taken_away(self, stream: object) -> bool:
        """Whether another addon has put `stream` in place of ours, and does not call ours."""
        return stream is not self.stream and not self.was_ended

    def head(self, response: Response) -> None:
        """Write the response head; raises OSError."""
        self.writer.head(response.t_s, encode.head(response))

    def chunk(self, now_s: float, data: bytes) -> None:
        """Write bytes that came at `now_s`, and that the stream function was not called with."""
        if self.reason is None:
            try:
                self.writer.chunk(now_s - self._sent_s, data)
            except Exception as error:
                self.fail(error)

    def message(
        self, now_s: float, data: bytes, from_client: bool, is_text: bool, marks: dict[str, Any]
    ) -> None:
        """Write a WebSocket's message that came at `now_s`."""
        self.last_call_s = now_s
        if self.reason is None:
            try:
                self.writer.message(now_s - self._sent_s, data, from_client, is_text, marks)
            except Exception as error:
                self.fail(error)

    def trailers(self, now_s: float, trailers: Headers, marks: dict[str, Any]) -> None:
        """Write trailers, with what was masked in them."""
        if self.reason is None:
            try:
                self.writer.trailers(now_s - self._sent_s, trailers, marks)
            except Exception as error:
                self.fail(error)

    def finish(self, now_s: float, reason: str, **details: Any) -> None:
        """Write how it ended and close the file. Later calls do nothing."""
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
                f"ssetape: {self.writer.path}: cannot write how it ended: {ends.said(error)}"
            )
        words = f": {details['error']}" if details.get("error") else ""
        changed = "; another addon changed what the client got" if self._altered else ""
        logger.info(
            f"ssetape: {reason} after {t_s:.2f} s, chunks: {self.writer.chunks}, "
            f"bytes: {self.writer.size_bytes}{words}{changed}: {self.writer.path.name}"
        )
        if not self.writer.path.exists():
            logger.error(
                f"ssetape: {self.writer.path} is gone: it was removed while it was recorded, and "
                f"nothing of {self.title} is kept"
            )
            return
        self._look_over()

    def fail(self, error: Exception) -> None:
        """Give the file up, loudly; the stream itself goes on."""
        if self.reason is not None:
            logger.error(f"ssetape: {self.writer.path}: {error!r}")
            return
        self._retire(ends.WRITE_FAILED)
        logger.error(
            f"ssetape: stopped recording {self.title} after {self.writer.size_bytes} bytes: "
            f"{ends.said(error)}; the stream itself goes on; the capture is good up to there: "
            f"{self.writer.path}"
        )
        try:
            self.writer.end(
                perf_counter() - self._sent_s, ends.WRITE_FAILED, error=ends.said(error)
            )
        except Exception:
            self.writer.close()  # no room for the end either: it reads as interrupted
        self._look_over()

    def _look_over(self) -> None:
        if self._mask:
            masking.take(self.writer.path)

    def _retire(self, reason: str) -> None:
        self.reason = reason
        live.pop(self._flow_id, None)
        finished[reason] += 1


def finish_all(reason: str) -> None:
    """End every recording that is still going on, for when the proxy goes."""
    for recording in list(live.values()):
        recording.finish(perf_counter(), reason)
