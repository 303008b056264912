"""Streams a response of unknown kind, and detects from its first bytes whether it has events.

mitmproxy decides before the body whether to stream a response, and only a streamed body can be
seen as it arrives. A short body that is not an event stream is kept and handed to mitmproxy at the
end: other addons find it as they would without this one, but their changes to it come too late
for the client. A long one is not kept.
"""

from collections.abc import Callable, Iterable
from time import perf_counter

from mitmproxy import ctx, http
from mitmproxy.utils import human

from ssetape.format.values import Headers
from ssetape.messages.detection import FirstBytes
from ssetape.recording.log import logger

from .flow_recording import FlowRecording, StreamFunction

# Of a body that is not an event stream, what other addons still find: an error's text, a page. A
# download is not held in memory.
KEPT_LIMIT_BYTES = 1024 * 1024


class Peek:
    """The stream function of one such response.

    Args:
        begin: starts the recording and returns it; None if that fails.
        keep_bytes: the largest body to keep for other addons if it is not an event stream.
            Nothing is kept of a larger one, as in mitmproxy.
        records_all: whether to record the body whatever it is; then nothing is kept.

    Attributes:
        is_stream: whether the body is an event stream; None until that is decided.
    """

    def __init__(
        self,
        response: http.Response,
        headers: Headers,
        begin: Callable[[], FlowRecording | None],
        keep_bytes: int,
        records_all: bool = False,
    ) -> None:
        self._response = response
        self._first = FirstBytes(headers)
        self._begin = begin
        self._keep_bytes = keep_bytes
        self._records_all = records_all
        self._early: list[tuple[float, bytes]] = []
        self._kept: bytearray | None = bytearray()
        self._record: StreamFunction | None = None
        self.is_stream: bool | None = None

    def __call__(self, data: bytes) -> Iterable[bytes] | bytes:
        if self._record is not None:
            return self._record(data)
        now_s = perf_counter()
        try:
            if data and self.is_stream is None:
                self._look(now_s, data)
            if self._record is None:
                self._keep(data)
        except Exception as error:  # any failure: the client's bytes go on
            logger.error(f"ssetape: cannot inspect a response: {error!r}; the response goes on")
            self.is_stream = bool(self.is_stream)
            self._kept = None
        return data or []

    def _look(self, now_s: float, data: bytes) -> None:
        self._early.append((now_s, data))
        verdict = self._first.feed(data)
        if verdict is None:
            return
        self.is_stream = verdict
        if verdict or self._records_all:
            recording = self._begin()
            if recording is not None:
                # Chunks too early to decide from: a few bytes of a field name.
                for t_s, piece in self._early:
                    recording.chunk(t_s, piece)
                self._record = recording.stream_function(None)
                found = self._response.stream  # this, or what is around it
                recording.stream = found if callable(found) else self
            self._kept = None
        self._early.clear()

    def _keep(self, data: bytes) -> None:
        if self._kept is None:
            return
        self._kept += data
        if len(self._kept) > self._keep_bytes:
            self._kept = None
        elif not data:  # the end, or an empty frame, which does no harm
            self._response.data.content = bytes(self._kept)


def kept_bytes(response: http.Response) -> int:
    """How much of a body to keep for other addons: no more than mitmproxy would, and not much."""
    if response.stream:
        return 0
    limit: int | None = human.parse_size(ctx.options.stream_large_bodies)
    return KEPT_LIMIT_BYTES if limit is None else min(limit, KEPT_LIMIT_BYTES)
