"""Writes one exchange to a file, and lists the recordings under way.

Rules of this file:

1. Every byte that the client saw is in the file: where a write fails, the recording ends, and no
   byte is skipped.
2. Nothing here raises into the proxy: the traffic goes on whatever happens to the file.
"""

from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol

from ssetape.format import encode
from ssetape.format.values import Headers, Response
from ssetape.format.writer import CaptureWriter
from ssetape.recording import mask_finished, reasons
from ssetape.recording.log import logger

# By the exchange's id. Here and not in addon/record.py: mitmproxy reloads that file when it
# changes, and streams go on across the reload.
live: dict[str, "Recording"] = {}
# Called with each recording as it starts.
on_start: list[Callable[["Recording"], None]] = []
# How many recordings have ended, by reason.
finished: Counter[str] = Counter()


class Watcher(Protocol):
    """Is told of what is recorded, after it is written. Raises nothing."""

    def came(self, t_s: float, data: bytes) -> None: ...
    def message_came(self, t_s: float) -> None: ...
    def ended(self, t_s: float, reason: str, details: dict[str, Any]) -> None: ...


class Recording:
    """Writes one exchange.

    Attributes:
        title: method and masked URL, for messages.
        writer: the file.
        reason: why it ended; None until then.
        sent_s: when the request was sent, on the clock of all times that the methods are given.
        last_s: when something last came.
        is_withholding: whether bytes that are written have yet to go to the client.
        altered: whether the client got other bytes than those written.
        watcher: who is told of it; None for nobody.

    With `mask`, secrets in the finished file are masked.
    """

    def __init__(
        self, id: str, title: str, writer: CaptureWriter, sent_s: float, mask: bool = False
    ) -> None:
        self.title = title
        self.writer = writer
        self.reason: str | None = None
        self.sent_s = sent_s
        self.last_s = sent_s
        self.is_withholding = False
        self.altered = False
        self.watcher: Watcher | None = None
        self._id = id
        self._mask = mask
        live[id] = self
        for notify in on_start:
            notify(self)

    def head(self, response: Response) -> None:
        """Write the response head; raises OSError."""
        self.writer.head(response.t_s, encode.head(response))

    def chunk(self, now_s: float, data: bytes) -> None:
        """Write bytes that arrived at `now_s`."""
        self.last_s = now_s
        if self.reason is None:
            try:
                self.writer.chunk(now_s - self.sent_s, data)
                if self.watcher is not None:
                    self.watcher.came(now_s - self.sent_s, data)
            except Exception as error:
                self.fail(error)

    def message(
        self, now_s: float, data: bytes, from_client: bool, is_text: bool, marks: dict[str, Any]
    ) -> None:
        """Write a WebSocket message that arrived at `now_s`."""
        self.last_s = now_s
        if self.reason is None:
            try:
                self.writer.message(now_s - self.sent_s, data, from_client, is_text, marks)
                if self.watcher is not None:
                    self.watcher.message_came(now_s - self.sent_s)
            except Exception as error:
                self.fail(error)

    def trailers(self, now_s: float, trailers: Headers, marks: dict[str, Any]) -> None:
        """Write trailers, and the names of those that are masked."""
        if self.reason is None:
            try:
                self.writer.trailers(now_s - self.sent_s, trailers, marks)
            except Exception as error:
                self.fail(error)

    def finish(self, now_s: float, reason: str, **details: Any) -> None:
        """Write the end record and close the file. Later calls do nothing."""
        if self.reason is not None:
            return
        self._retire(reason)
        self.altered |= self.is_withholding  # it ends, so they never will
        if self.altered:
            details["altered"] = True
        t_s = now_s - self.sent_s
        self._tell_of_the_end(t_s, reason, details)
        try:
            self.writer.end(t_s, reason, **details)
        except Exception as error:
            self.writer.close()
            logger.error(
                f"ssetape: {self.writer.path}: cannot write the end record: {reasons.said(error)}"
            )
        words = f": {details['error']}" if details.get("error") else ""
        changed = "; the client got other bytes than these" if self.altered else ""
        if share := details.get("client"):
            changed = (
                f"; with {', '.join(details['faults'])} the client got events: {share['events']}, "
                f"bytes: {share['bytes']}, and {share['reason']} after {share['t']:.2f} s"
            )
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
        self._retire(reasons.WRITE_FAILED)
        said = {"error": reasons.said(error)}
        t_s = max(self.last_s - self.sent_s, 0.0)
        self._tell_of_the_end(t_s, reasons.WRITE_FAILED, said)
        logger.error(
            f"ssetape: stopped recording {self.title} after {self.writer.size_bytes} bytes: "
            f"{reasons.said(error)}; the stream itself goes on; the capture is good up to that "
            f"point: {self.writer.path}"
        )
        try:
            self.writer.end(t_s, reasons.WRITE_FAILED, **said)
        except Exception:
            self.writer.close()  # without an end record the capture reads as interrupted
        self._mask_file()

    def _tell_of_the_end(self, t_s: float, reason: str, details: dict[str, Any]) -> None:
        watcher, self.watcher = self.watcher, None
        if watcher is not None:
            watcher.ended(t_s, reason, details)

    def _mask_file(self) -> None:
        if self._mask:
            mask_finished.take(self.writer.path)

    def _retire(self, reason: str) -> None:
        self.reason = reason
        live.pop(self._id, None)
        finished[reason] += 1


def finish_all(reason: str) -> None:
    """End all open recordings of a proxy, when it stops: their clock is `time.perf_counter`."""
    for recording in list(live.values()):
        recording.finish(perf_counter(), reason)
