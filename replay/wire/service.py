"""The state that all connections of a server share, whatever their protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ssetape.errors import SsetapeError

from ..answers.answerer import Answerer
from ..control import Control, Served
from ..exchange import ClientRequest, Play, Say, patience
from ..timer import Timer
from .backlog import Backlog
from .watch import Watch
from .websocket_client import Strictness


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a server that its connections use.

    Attributes:
        strictness: what WebSocket clients may send.
        log: called with a line for every request.
        control: remembers all answers; may pause streams.
        answers_once: close every connection after one answer, without `Connection: close`.
        transports: the open connections.
        watch: closes those whose clients do nothing.
        backlog: connections with unfinished work.
        receive_buffer: holds what a connection received, until it is told; all of them run in one
            thread, so it is free again by then.
    """

    answerer: Answerer
    timer: Timer
    strictness: Strictness
    log: Callable[[str], None]
    control: Control = field(default_factory=Control)
    answers_once: bool = False
    transports: set[asyncio.Transport] = field(default_factory=set)
    watch: Watch = field(default_factory=Watch)
    backlog: Backlog = field(default_factory=Backlog)
    receive_buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(65_536)))

    def remember(self, asked: ClientRequest, answer: Play | Say) -> Served:
        """Log an answer, and add it to the answers that `control` lists."""
        self.log(answer.log)
        return self.control.note(asked, answer)

    def patience_with(self, served: Served) -> Callable[[list[str]], bool]:
        """What to do when a stream waits for requests in vain: it is told what it waits for."""
        return patience(served.answer, self.log, is_strict=self.answerer.is_strict)

    def log_damage(self, error: SsetapeError) -> None:
        """Log why a stream is cut before its capture ends."""
        self.log(f"cut, the capture is damaged: {error}")
