"""Plays one response: sends each piece when it is due, unless its client or a pause blocks it."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from ssetape.errors import SsetapeError

from .cursor import Cursor
from .meter import Meter
from .outlet import Outlet, close_with_reset
from .pieces import Abort, Piece, Wait
from .sessions.cued import CuedPieces
from .tally import LATE_BOUNDS_NS
from .timer import Player, Timer, now_ns

# How long a stream waits for a request before that is told.
PATIENCE_NS = 10_000_000_000

# Pieces written to one client before other clients get a turn.
_BURST = range(64)


class StreamState(Enum):
    """The state of a stream; once it is over, its outcome."""

    PLAYING = "playing"
    BLOCKED = "blocked"  # the client does not read what was sent
    COMPLETE = "complete"
    CUT = "cut"
    LEFT = "left"  # the client left, or the server was closed

    @property
    def is_over(self) -> bool:
        return not _NEXT[self]


_ENDS = frozenset({StreamState.COMPLETE, StreamState.CUT, StreamState.LEFT})
# The legal transitions; an end is final. A blocked stream may also end by itself: its last piece
# may be the one that blocks it, and `Stream.advance()` does not wait for the client.
_NEXT: dict[StreamState, frozenset[StreamState]] = {
    StreamState.PLAYING: _ENDS | {StreamState.BLOCKED},
    StreamState.BLOCKED: _ENDS | {StreamState.PLAYING},
    StreamState.COMPLETE: frozenset(),
    StreamState.CUT: frozenset(),
    StreamState.LEFT: frozenset(),
}


class Stream:
    """Sends pieces to a transport, each when it is due; a `timer.Player`.

    Its time may be frozen in any state. Pieces that become due while it is frozen or blocked are
    sent once it is neither; only frozen time delays the pieces after them.

    Attributes:
        sent: how many pieces were sent.
        state: its state.
        waited_for: the requests that it waited for when it ended.

    Args:
        start_ns: the moment that due times count from, as `timer.now_ns()`.
        on_complete: called after the last piece, unless the stream was cut or stopped.
        on_damage: called with the error when the capture cannot be read further; it is then cut.
        on_patience: called with requests that it awaits in vain; if it returns True, it is cut.
        meter: counts what it sends.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        pieces: Iterator[Piece],
        start_ns: int,
        timer: Timer,
        on_complete: Callable[[], None],
        on_damage: Callable[[SsetapeError], None],
        on_patience: Callable[[list[str]], bool] = lambda requests: False,
        meter: Meter | None = None,
    ) -> None:
        self._transport = transport
        self._outlet = Outlet(transport)
        self._cursor = Cursor(pieces, start_ns)
        self._timer = timer
        self._on_complete = on_complete
        self._on_damage = on_damage
        self._frozen_ns: int | None = None  # the moment at which its time is frozen
        self._is_scheduled = True  # whether the timer will call play()
        self._meter = meter or Meter()
        # What is due earlier is not late: it is due with the request, or was held back.
        self._counts_from_ns = start_ns + 1
        self._on_patience = on_patience
        self._waiting = pieces if isinstance(pieces, CuedPieces) else None
        self._turn: Player = self
        self.waited_for: list[str] = []
        self.sent = 0
        self.state = StreamState.PLAYING
        if self._waiting is not None:
            self._waiting.on_change = self._replan
            self._turn = _Turn(self)
        self._meter.begin(self)
        timer.schedule(self._cursor.due_ns, self._turn)

    @property
    def chunks(self) -> int:
        """How many chunks of the body were sent: neither the head nor what ends the body."""
        return max(0, self.sent - 1 - (self.state is StreamState.COMPLETE))

    @property
    def outcome(self) -> str | None:
        """`complete`, `cut` or `left` once nothing more is sent; None until then."""
        return self.state.value if self.state.is_over else None

    @property
    def waits_for(self) -> list[str]:
        """The requests that have to come before it goes on; [] if it does not wait for any."""
        return self._waiting.waits_for if self._waiting is not None else []

    def play(self, now_ns: int) -> int | None:
        """Send what is due by now; return when the next piece is due."""
        cursor, meter = self._cursor, self._meter
        for _ in _BURST:
            late_ns = now_ns - cursor.due_ns
            if late_ns < 0:
                if isinstance(cursor.piece, Wait):
                    self._is_scheduled = False
                    self._be_patient(now_ns)
                    return None
                return cursor.due_ns
            if self.state is not StreamState.PLAYING or self._frozen_ns is not None:
                self._is_scheduled = False
                return None
            if cursor.due_ns >= self._counts_from_ns:
                meter.late[bisect_left(LATE_BOUNDS_NS, late_ns)] += 1
                meter.late_ns += late_ns
            if not self._send_next():
                return None
        return now_ns

    def pause(self) -> None:
        """Hold back what becomes due: the client is slow."""
        self._move(StreamState.BLOCKED)

    def resume(self) -> None:
        """Go on: the client has caught up."""
        if self.state is StreamState.BLOCKED:
            self._move(StreamState.PLAYING)
            self._go_on()

    def freeze(self, now_ns: int) -> None:
        """Stop its time: until `thaw()`, only `advance()` sends anything."""
        if self._frozen_ns is None:
            self._frozen_ns = now_ns

    def thaw(self, now_ns: int) -> None:
        """Let its time go on from where it stopped."""
        if self._frozen_ns is not None:
            self._cursor.postpone(max(0, now_ns - self._frozen_ns))
            self._frozen_ns = None
            self._go_on()

    def advance(self, count: int) -> None:
        """Send the next `count` pieces of a frozen stream now; its time becomes the last one's."""
        for _ in range(count):
            if self._frozen_ns is None or self.state.is_over:
                return
            if isinstance(self._cursor.piece, Wait):
                return
            self._frozen_ns = max(self._frozen_ns, self._cursor.due_ns)
            self._send_next()

    def stop(self) -> None:
        """Send nothing more."""
        self._end(StreamState.LEFT)

    def _send_next(self) -> bool:
        """Send the next piece, or cut the connection; return whether another piece follows."""
        cursor = self._cursor
        piece = cursor.piece
        if type(piece) is not bytes:
            assert isinstance(piece, Abort), piece
            self._cut(piece)
            return False
        self._outlet.write(piece)
        self.sent += 1
        self._meter.sent_bytes += len(piece)
        try:
            cursor.move()
        except StopIteration:
            if self._end(StreamState.COMPLETE):
                self._on_complete()
            return False
        except SsetapeError as error:
            self._on_damage(error)
            self._cut(Abort.CLOSE)
            return False
        return True

    def _cut(self, how: Abort) -> None:
        """End the connection without ending the response."""
        if self._end(StreamState.CUT):
            if how is Abort.RESET:
                close_with_reset(self._transport)
            self._transport.close()

    def _go_on(self) -> None:
        """Play again, starting with what became due in the meantime."""
        can_play = self.state is StreamState.PLAYING and self._frozen_ns is None
        self._counts_from_ns = now_ns()
        if isinstance(self._cursor.piece, Wait):
            self._be_patient(now_ns())
        elif can_play and not self._is_scheduled:
            self._is_scheduled = True
            self._timer.schedule(self._cursor.due_ns, self._turn)

    def _replan(self) -> None:
        """Ask anew what comes next, and when: a request of the session has come."""
        if self.state.is_over:
            return
        self._cursor.again()
        self._turn = _Turn(self)  # the timer may hold the last one: it is void now
        self._is_scheduled = False
        self._go_on()

    def turn(self, turn: "_Turn", now_ns: int) -> int | None:
        """Play, unless the turn is void."""
        return self.play(now_ns) if turn is self._turn else None

    def _be_patient(self, now_ns: int) -> None:
        """Have it told if the requests that it waits for do not come."""
        if self.waits_for:
            self._timer.schedule(now_ns + PATIENCE_NS, _Patience(self, self.sent))

    def lose_patience(self, sent: int) -> None:
        """Tell what it waits for, if it has sent nothing since."""
        requests = [] if self.state.is_over or self.sent != sent else self.waits_for
        if requests and self._on_patience(requests):
            self._cut(Abort.CLOSE)

    def _end(self, state: StreamState) -> bool:
        """Send nothing more; False if the stream was over already."""
        # The timer may keep the stream for long: drop the unsent pieces.
        self._cursor.clear()
        if self._waiting is not None:
            self.waited_for = self.waited_for or self._waiting.waits_for
            self._waiting.close()
        is_first = self._move(state)
        if is_first:
            self._meter.end(self, state.value)
        return is_first

    def _move(self, state: StreamState) -> bool:
        """Change to a state; False, without a change, if that is not legal."""
        if state not in _NEXT[self.state]:
            return False
        self.state = state
        return True


@dataclass(eq=False, slots=True)
class _Turn:
    """A stream's place in the timer while other requests may change what is due."""

    stream: Stream

    def play(self, now_ns: int) -> int | None:
        return self.stream.turn(self, now_ns)


@dataclass(eq=False, slots=True)
class _Patience:
    """The moment at which a stream has waited long enough."""

    stream: Stream
    sent: int

    def play(self, now_ns: int) -> int | None:
        self.stream.lose_patience(self.sent)
        return None
