"""Plays a stream whose chunks wait for other requests of its session.

A chunk that came after such a request is due as long after that request is asked in the replay.
An event always stays whole. Answers of JSON-RPC name the request that they answer, and are
independent of each other; other streams keep their order, except that what waits for a request
that has not come holds nothing up that waits for one that has.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any

from ssetape.format.codings import codings
from ssetape.format.values import Chunk, End, Trailers

from .. import body_framing
from ..exchange import Play
from ..pacing import NEVER_NS, Pacer
from ..pieces import Abort, Piece, Wait, body_pieces
from . import jsonrpc
from .cues import Cue
from .events import ENDS_OF_EVENTS, SessionEvent
from .runs import Run

# A longer event is not kept whole.
_EVENT_LIMIT_CHUNKS = 10_000
# The ends that only the client could have caused.
_CLIENT_LEFT = frozenset({"client_closed", "tab_closed"})


@dataclass(frozen=True, slots=True)
class Cued:
    """What a stream waits for.

    Attributes:
        run: the client's run of the session.
        cues: the requests, in recorded order.
        rpc_ids: their JSON-RPC ids in the capture, by capture number.
        names: what to call each request, by capture number.
        rewrites: whether ids may be changed to those of the client.
    """

    run: Run
    cues: tuple[Cue, ...]
    rpc_ids: dict[int, jsonrpc.Id]
    names: dict[int, str]
    rewrites: bool = True


def pieces_of(
    answer: Play, head: body_framing.Head, wire: bytes, how: Hashable, start_ns: int
) -> Iterator[Piece]:
    """The pieces of an answer, its head first; a `CuedPieces` if it waits for other requests.

    Args:
        wire: the first piece.
        how: what makes the pieces different from those of other ways of serving the capture.
        start_ns: when the request came, as `timer.now_ns()`.
    """
    head_s = answer.response.t_s
    if isinstance(answer.cued, Cued) and head.framing is not body_framing.BodyFraming.NONE:
        return CuedPieces(answer, answer.cued, head, wire, start_ns)
    return chain(
        [(Pacer(answer.pace).due_ns(head_s), wire)],
        answer.played(how, lambda parts: body_pieces(parts, head_s, head, Pacer(answer.pace))),
    )


class _Lane:
    """What waits for one request, or for none: chunks in recorded order.

    Attributes:
        time: how many times the request has to come before that.
    """

    def __init__(self, answer: Play, cue: Cue | None, time: int = 0) -> None:
        self.cue = cue
        self.time = time
        # The number of each chunk in the capture, its time, its event, and its place in that.
        self.chunks: deque[tuple[int, float, SessionEvent, int]] = deque()
        self._pacer = Pacer(answer.pace)
        self._base_ns = self._pacer.due_ns(cue.t_s if cue else 0.0)

    def due_ns(self, t_s: float) -> int:
        """When a chunk is due, ns since the request. Call in recorded order."""
        return self._pacer.due_ns(t_s) - self._base_ns


class _Kind(Enum):
    """What kind of piece was given last."""

    NONE = "none"  # nothing yet, or a wait
    HEAD = "head"
    CHUNK = "chunk"
    END = "end"
    OVER = "over"  # the end was taken


class CuedPieces(Iterator[Piece]):
    """The pieces of a stream that waits for requests; the last piece given may be asked anew.

    Attributes:
        on_change: called when a request came; the next piece may then be another one.
    """

    def __init__(
        self, answer: Play, cued: Cued, head: body_framing.Head, wire: bytes, start_ns: int
    ) -> None:
        self._cued = cued
        self._framing = head.framing
        self._start_ns = start_ns
        # The piece given last, its lane, and when it is due; and when the one before it was.
        self._given, self._lane, self._due_ns = _Kind.NONE, _Lane(answer, None), 0
        self._latest_ns = 0
        self.on_change: Callable[[], None] | None = None
        self._keeps_order = bool(codings(answer.response.headers))
        self._is_rpc = False
        self._lanes: dict[tuple[int | None, int], _Lane] = {(None, 0): self._lane}
        # The events that answer JSON-RPC requests, for those that ask again.
        self._answers: dict[int, list[tuple[int, list[Chunk], SessionEvent]]] = {}
        self._answer = answer
        self._end: End | None = None
        self._trailers: list[tuple[str, str]] = []
        self._head: bytes | None = wire
        self._head_ns = Pacer(answer.pace).due_ns(answer.response.t_s)
        self._sort(answer.played(None, iter))
        cued.run.listen(self._changed)

    def __iter__(self) -> "CuedPieces":
        return self

    def __next__(self) -> Piece:
        self._take()
        if self._given is _Kind.OVER:
            raise StopIteration
        return self.again()

    def _take(self) -> None:
        """Drop the piece given last: it was sent."""
        if self._given in (_Kind.NONE, _Kind.OVER):
            return
        self._latest_ns = self._due_ns
        if self._given is _Kind.CHUNK:
            self._lane.chunks.popleft()
        self._head = None
        self._given = _Kind.OVER if self._given is _Kind.END else _Kind.NONE

    def again(self) -> Piece:
        """What comes next by now; `Wait` until another request has come."""
        if self._head is not None:
            self._given, self._due_ns = _Kind.HEAD, self._head_ns
            return self._head_ns, self._head
        best: tuple[tuple[int, int], _Lane, int] | None = None
        left = [lane for lane in self._lanes.values() if lane.chunks]
        if not left:
            return self._last()
        first = min(left, key=lambda lane: lane.chunks[0][0])
        for lane in [first] if self._keeps_order else left:
            asked_ns = self._asked_ns(lane.cue, lane.time)
            if asked_ns is None:
                continue
            number, t_s, *_ = lane.chunks[0]
            due_ns = max(self._latest_ns, asked_ns + lane.due_ns(t_s))
            key = (due_ns, number) if self._is_rpc else (number, 0)
            if best is None or key < best[0]:
                best = key, lane, due_ns
        if best is None:
            self._given = _Kind.NONE
            return NEVER_NS, Wait.FOR_REQUEST
        _, lane, due_ns = best
        self._given, self._lane, self._due_ns = _Kind.CHUNK, lane, due_ns
        _, _, event, place = lane.chunks[0]
        if self._cued.rewrites and self._framing is not body_framing.BodyFraming.LENGTH:
            event.rewrite(self._cued.run)
        return due_ns, body_framing.chunk(self._framing, event.chunks[place])

    @property
    def waits_for(self) -> list[str]:
        """The requests that have to come before the stream goes on; [] if it does not wait."""
        if self._given is not _Kind.NONE or self._is_left_to_client:
            return []
        missing = {cue.index for cue in self._cued.cues if self._asked_ns(cue) is None}
        waiting = {index for (index, _), lane in self._lanes.items() if lane.chunks} or missing
        return [name for index, name in self._cued.names.items() if index in waiting & missing]

    def close(self) -> None:
        """Wait for nothing more."""
        self._cued.run.leave(self._changed)
        self.on_change = None
        self._given = _Kind.OVER
        self._lanes.clear()

    def _changed(self) -> None:
        for index, events in self._answers.items():
            for time in range(1, len(self._cued.run.asked.get(index, ()))):
                if (index, time) not in self._lanes:
                    self._answer_again(index, time, events)
        if self.on_change is not None:
            self.on_change()

    def _answer_again(
        self, index: int, time: int, events: list[tuple[int, list[Chunk], SessionEvent]]
    ) -> None:
        cue = self._lanes[index, 0].cue
        lane = self._lanes[index, time] = _Lane(self._answer, cue, time)
        for number, chunks, event in events:
            again = SessionEvent([chunk.data for chunk in chunks], event.answers, time)
            for place, chunk in enumerate(chunks):
                lane.chunks.append((number + place, chunk.t_s, again, place))

    def _asked_ns(self, cue: Cue | None, time: int = 0) -> int | None:
        """When a request came, ns since this stream's own; None if it has not come yet."""
        if cue is None:
            return 0
        times = self._cued.run.asked.get(cue.index, ())
        return times[time].at_ns - self._start_ns if time < len(times) else None

    @property
    def _is_left_to_client(self) -> bool:
        """Whether all is sent, and the recorded client ended the stream by leaving."""
        end = self._end
        is_sent = not any(lane.chunks for lane in self._lanes.values())
        return is_sent and end is not None and end.reason in _CLIENT_LEFT

    def _last(self) -> Piece:
        """The end as recorded; if the recorded client left, this client has to leave too."""
        end = self._end
        self._given = _Kind.NONE
        if self._is_left_to_client:
            return NEVER_NS, Wait.FOR_CLIENT
        if any(self._asked_ns(cue) is None for cue in self._cued.cues):
            return NEVER_NS, Wait.FOR_REQUEST
        lane = _Lane(self._answer, self._cued.cues[-1])
        asked_ns = self._asked_ns(lane.cue) or 0
        due_ns = self._latest_ns
        if end is not None:
            due_ns = max(due_ns, asked_ns + lane.due_ns(end.t_s))
        self._given, self._due_ns = _Kind.END, due_ns
        if end is None or not end.is_complete:
            return due_ns, Abort.CLOSE
        return due_ns, body_framing.last(self._framing, self._trailers)

    def _sort(self, parts: Iterable[Any]) -> None:
        """Put each event, with all of its chunks, into the lane of its request."""
        chunks: list[Chunk] = []
        number = 0
        for part in parts:
            if isinstance(part, Chunk):
                chunks.append(part)
                is_whole = part.data.endswith(ENDS_OF_EVENTS)
                if is_whole or self._keeps_order or len(chunks) > _EVENT_LIMIT_CHUNKS:
                    number = self._add(number, chunks)
                    chunks = []
            elif isinstance(part, Trailers):
                self._trailers = part.headers
            elif isinstance(part, End):
                self._end = part
        if chunks:
            self._add(number, chunks)

    def _add(self, number: int, chunks: list[Chunk]) -> int:
        """Add an event whose first chunk has a number; return the number of the next chunk."""
        cued = self._cued
        earlier = [cue for cue in cued.cues if cue.t_s <= chunks[0].t_s]
        event = SessionEvent([chunk.data for chunk in chunks])
        answered = jsonrpc.answered(b"".join(event.chunks)) if cued.rpc_ids else set()
        named = [cue for cue in earlier if cued.rpc_ids.get(cue.index) in answered]
        event.answers = {cue.index: cued.rpc_ids[cue.index] for cue in named}
        self._is_rpc |= bool(named)
        cue = next(reversed(named or earlier), None)
        key = cue.index if cue else None, 0
        lane = self._lanes.setdefault(key, _Lane(self._answer, cue))
        if named and cue is not None:
            self._answers.setdefault(cue.index, []).append((number, chunks, event))
        for place, chunk in enumerate(chunks):
            lane.chunks.append((number + place, chunk.t_s, event, place))
        return number + len(chunks)
