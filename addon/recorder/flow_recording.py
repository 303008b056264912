"""The recording of an HTTP stream that mitmproxy passes through: its stream function records."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, Protocol

from mitmproxy import http

from ssetape.format.values import Response
from ssetape.format.writer import CaptureWriter
from ssetape.recording import reasons
from ssetape.recording.log import logger
from ssetape.recording.recording import Recording, live

# What mitmproxy takes for `response.stream`: https://docs.mitmproxy.org/stable/api/mitmproxy/http.html
StreamFunction = Callable[[bytes], Iterable[bytes] | bytes]


# Called with the flow of each recording as it begins, and its head's time in seconds since the
# request.
on_begin: list[Callable[[http.HTTPFlow, "FlowRecording", float], None]] = []


class Share(Protocol):
    """What the client gets of a stream that faults change, perhaps for longer than it comes."""

    is_over: bool
    on_over: Callable[[], None]

    def server_end(self, reason: str, details: dict[str, Any]) -> tuple[str, dict[str, Any]]: ...
    def details(self, now_s: float, reason: str) -> dict[str, Any]: ...


class FlowRecording(Recording):
    """Writes one flow; its clock is `time.perf_counter`.

    Attributes:
        head_s: when the head came, in seconds since the request.
        stream: the function that it gave to `response.stream`.
        was_ended: whether that was called with b"", as it is at the end.
    """

    def __init__(
        self, id: str, title: str, writer: CaptureWriter, sent_s: float, mask: bool = False
    ) -> None:
        super().__init__(id, title, writer, sent_s, mask)
        self.last_s = perf_counter()
        self.was_ended = False
        self.stream: StreamFunction | None = None
        self.head_s = 0.0
        self._share: Share | None = None
        # Of a stream that the server has ended: when, why, and the end record's other fields.
        self._ending: tuple[float, str, dict[str, Any]] | None = None

    def head(self, response: Response) -> None:
        self.head_s = response.t_s
        super().head(response)

    def outlive(self, share: Share, tell: Callable[[], object] = lambda: None) -> None:
        """Write the end, with its own time, only when the client has its share.

        Args:
            tell: called if that was after mitmproxy's own hook of the end.
        """
        self._share = share
        self.altered = True
        share.on_over = lambda: self._settle(tell)

    def has_server_ended(self) -> bool:
        """Whether the exchange with the server is over."""
        return self._ending is not None

    def finish(self, now_s: float, reason: str, **details: Any) -> None:
        share = self._share
        if share is None:
            super().finish(now_s, reason, **details)
            return
        if self._ending is None:
            self._ending = now_s, *share.server_end(reason, details)
        if share.is_over or reason == reasons.PROXY_SHUTDOWN:
            end_s, why, fields = self._ending
            super().finish(end_s, why, **fields, **share.details(now_s - self.sent_s, reason))

    def _settle(self, tell: Callable[[], object]) -> None:
        if self._ending is not None and self.reason is None:
            end_s, why, fields = self._ending
            self.finish(end_s, why, **fields)
            tell()

    def stream_function(self, inner: StreamFunction | None) -> StreamFunction:
        """The function to put into `response.stream`: records the bytes and passes them on.

        Args:
            inner: another addon's function found there; it stays in effect.
        """
        sent_s = self.sent_s
        write = self.writer.chunk

        def record(data: bytes) -> Iterable[bytes] | bytes:
            # First of all: this is the chunk's time.
            self.last_s = now_s = perf_counter()
            if not data:
                # The end, or an empty HTTP/2 frame: only the next hook shows which. mitmproxy
                # would forward an empty piece as the end of the response.
                self.was_ended = True
                return []
            if self.reason is None:
                try:
                    write(now_s - sent_s, data)
                    if self.watcher is not None:
                        self.watcher.came(now_s - sent_s, data)
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
            self.altered |= b"".join(pieces) != data
            return [piece for piece in pieces if piece]

        return record_and_pass

    def was_taken_away(self, stream: object) -> bool:
        """Whether another addon has replaced our function with `stream`, which never calls it."""
        return stream is not self.stream and not self.was_ended

    def report_taken_away(self) -> None:
        logger.error(
            f"ssetape: another addon replaced the stream function of {self.title}, so the "
            f"rest was not recorded: load addon/record.py after that addon"
        )


def begun(flow: http.HTTPFlow, recording: FlowRecording, head_s: float) -> None:
    """Tell of a recording that has begun: whatever comes of it, the recording goes on."""
    for notify in on_begin:
        try:
            notify(flow, recording, head_s)
        except Exception as error:
            logger.error(f"ssetape: {recording.title}: {error!r:.200}; recording goes on")


def of(flow_id: str) -> FlowRecording | None:
    """The recording under way of a flow; None if there is none."""
    found = live.get(flow_id)
    return found if isinstance(found, FlowRecording) else None
