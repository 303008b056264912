"""An event of a session: its chunks, and what a client's run of the session changes in them."""

import re
from dataclasses import dataclass, field

from . import jsonrpc
from .runs import Run, marked_url

ENDS_OF_EVENTS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_ENDPOINT = re.compile(rb"^event: ?endpoint\r?\ndata: ?([^\r\n]+)", re.MULTILINE)


@dataclass(slots=True)
class SessionEvent:
    """An event that may be cut into several chunks.

    Attributes:
        answers: which requests it answers: their JSON-RPC ids, by capture number.
        time: how many times these had been answered before.
    """

    chunks: list[bytes]
    answers: dict[int, jsonrpc.Id] = field(default_factory=dict)
    time: int = 0
    _is_rewritten: bool = False

    def rewrite(self, run: Run) -> None:
        """Give it the ids that this run's client uses. Only the first call changes anything."""
        if self._is_rewritten:
            return
        self._is_rewritten = True
        whole = b"".join(self.chunks)
        if run.number > 1 and (match := _ENDPOINT.search(whole)) is not None:
            url = marked_url(match[1].decode("latin-1"), run).encode("latin-1")
            self.chunks = replaced(self.chunks, match.start(1), match.end(1), url)
        for index, recorded in self.answers.items():
            asked = run.asked.get(index, ())[self.time :]
            if not asked or asked[0].rpc_id is None or asked[0].rpc_id == recorded:
                continue
            place = jsonrpc.renumbered(b"".join(self.chunks), recorded, asked[0].rpc_id)
            if place is not None:
                self.chunks = replaced(self.chunks, *place)


def replaced(chunks: list[bytes], begin: int, end: int, new: bytes) -> list[bytes]:
    """The chunks with their bytes from `begin` to `end` replaced, cut where they were cut."""
    result = []
    offset = 0
    for chunk in chunks:
        start, stop = max(begin - offset, 0), max(end - offset, 0)
        is_first = offset <= begin < offset + len(chunk)
        result.append(chunk[:start] + (new if is_first else b"") + chunk[stop:])
        offset += len(chunk)
    return result
