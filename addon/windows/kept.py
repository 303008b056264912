"""What is kept of a recorded stream for mitmproxy's windows and flow files.

It stands in the flow, where they look for it: the first bytes of the body as the server sent it,
and their times in the flow's metadata, under `RECORDED`. Of a WebSocket, mitmproxy's own list has
the newest messages, and the metadata their times.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from mitmproxy import http

from ssetape.recording.log import logger

from ..recorder.flows import RECORDED
from .entries import Entries
from .shelf import CHUNK_BYTES, HEAD_BYTES, MESSAGE_BYTES, Shelf, drop_oldest

# mitmproxy's windows look at a body again only if it is another one: of one of which no more is
# kept, the end in the flow is now here, now there. The console remembers the last 200.
_ENDS = 250

# By the flow's id, of the streams under way.
live: dict[str, "Kept"] = {}


class _State(Enum):
    GROWING = auto()
    FULL = auto()  # further bytes are only counted
    ENDED = auto()
    FAILED = auto()


class Kept:
    """What is kept of one stream while it is recorded: its recording's `Watcher`.

    Args:
        head_s: when its head came, in seconds since the request.

    Attributes:
        on_change: called when a chunk has come; of all else, mitmproxy tells its windows itself.
        flow: in which it stands.
        used_bytes: how much room it takes.
        rest: the bytes that follow those in the flow.
        is_marked: whether it is to be shown soon; who shows it says so.
    """

    def __init__(
        self,
        shelf: Shelf,
        flow: http.HTTPFlow,
        head_s: float,
        on_change: Callable[["Kept"], None],
    ) -> None:
        self.flow = flow
        self.used_bytes = 0
        self.rest = b""
        self.is_marked = False
        self._shelf = shelf
        self.on_change = on_change
        self._state = _State.GROWING
        self._record: dict[str, Any] = flow.metadata[RECORDED]
        self._record |= {"head_s": head_s, "size_bytes": 0}
        self._record["chunks" if flow.websocket is None else "messages"] = Entries()
        self._pending: list[tuple[float, bytes]] = []
        self._content: bytes | None = None
        self._turns = 0
        self._size_bytes = 0
        self.publish()
        live[flow.id] = self

    @property
    def is_live(self) -> bool:
        """Whether more may come that is to be shown."""
        return self._state in (_State.GROWING, _State.FULL)

    def came(self, t_s: float, data: bytes) -> None:
        """Keep a chunk, if there is room."""
        try:
            size_bytes = len(data)
            self._size_bytes += size_bytes
            if self._state is _State.GROWING:
                if not self._shelf.take(self, size_bytes + CHUNK_BYTES):
                    self._state = _State.FULL
                    data = data[: max(0, HEAD_BYTES - self.used_bytes)]
                    self._shelf.add(self, len(data))
                if data:
                    self._pending.append((t_s, data))
            if not self.is_marked:
                self.on_change(self)
        except Exception as error:
            self._fail(error)

    def message_came(self, t_s: float) -> None:
        """Note the time of the newest message; the oldest ones go if there is no room."""
        try:
            assert self.flow.websocket is not None
            messages, times = self.flow.websocket.messages, self._record["messages"]
            times.append(t_s)
            size_bytes = len(messages[-1].content)
            self._size_bytes += size_bytes
            self._record["size_bytes"] = self._size_bytes
            if not self._shelf.take(self, size_bytes + MESSAGE_BYTES):
                # Half of them, so that the next ones have room.
                left_bytes = drop_oldest(messages, self._record, self.used_bytes // 2)
                self._shelf.add(self, left_bytes - self.used_bytes)
        except Exception as error:
            self._fail(error)

    def ended(self, t_s: float, reason: str, details: dict[str, Any]) -> None:
        """Note how it ended, and put all that is kept into the flow."""
        try:
            error = {"error": details["error"]} if details.get("error") else {}
            self._record["end"] = {"t_s": t_s, "reason": reason, **error}
            for name in ("altered", "faults"):
                if details.get(name):
                    self._record[name] = details[name]
            self._state = _State.ENDED
            self.publish()
        except Exception as error:
            self._fail(error)
        if live.pop(self.flow.id, None) is not None:
            self._shelf.retire(self, self.flow)

    def publish(self, *, wholly: bool = False) -> None:
        """Put what has come into the flow: while it runs, all but the last byte.

        So the windows look at the body again when it has ended, though nothing more has come.

        Args:
            wholly: even the last byte, as the flow is about to be written to a file.
        """
        self._record["size_bytes"] = self._size_bytes
        response, chunks = self.flow.response, self._record.get("chunks")
        if chunks is None or response is None:
            return
        # Else another addon, or mitmproxy itself, has put the body there.
        is_ours = response.data.content is self._content
        data = b"".join([self._content or b"", self.rest, *(data for _, data in self._pending)])
        if chunks:
            chunks[-1][1] += len(self.rest)
        chunks += ([t_s, len(data)] for t_s, data in self._pending)
        self._pending.clear()
        held = 0
        if self.is_live and chunks and not wholly:
            held = 1 + self._turns % _ENDS if self._state is _State.FULL else 1
            held = min(held, chunks[-1][1])
            chunks[-1][1] -= held
        self._turns += 1
        size_bytes = len(data) - held
        self._content, self.rest = data[:size_bytes], data[size_bytes:]
        if is_ours:
            response.data.content = self._content

    def _fail(self, error: Exception) -> None:
        if self._state is not _State.FAILED:
            self._state = _State.FAILED
            logger.error(
                f"ssetape: cannot show a stream in mitmproxy: {error!r:.200}; the stream and its "
                f"recording go on: {self._record.get('capture')}"
            )
