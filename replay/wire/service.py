"""The state that all connections of a server share, whatever their protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ssetape.errors import SsetapeError

from ..answers.answerer import OWN_PATH, Answerer
from ..control import Control, Served
from ..exchange import ClientRequest, Later, Play, Say, patience
from ..meter import Meter
from ..timer import Timer
from .backlog import Backlog
from .watch import Watch
from .websocket_client import Strictness


class Tunnel(Protocol):
    """What follows a CONNECT on its connection: a `connection.Connection`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def pause_writing(self) -> None: ...
    def receive(self, data: bytes) -> None: ...


class Front(Protocol):
    """What stands before the answers where clients take the server for a proxy."""

    def tunnel(self, target: str) -> Tunnel:
        """Open what a CONNECT asks for; raises SsetapeError if that cannot be."""
        ...

    def addressed(self, asked: ClientRequest) -> ClientRequest:
        """Return a request as the server that it names would get it."""
        ...

    def ignored(self, asked: ClientRequest) -> Say | None:
        """Return the answer to a request that no capture is looked up for, or None."""
        ...


class Crew(Protocol):
    """The other processes that serve the same port."""

    def asked(self, asked: ClientRequest) -> Later | None:
        """Return the answer to a request that concerns all of them, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a server that its connections use.

    Attributes:
        strictness: what WebSocket clients may send.
        log: called with a line for every request.
        control: remembers all answers; may pause streams.
        front: what makes the server a proxy; None if it is none.
        crew: the other processes that serve the same port; None if there are none.
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
    front: Front | None = None
    crew: Crew | None = None
    answers_once: bool = False
    transports: set[asyncio.Transport] = field(default_factory=set)
    watch: Watch = field(default_factory=Watch)
    backlog: Backlog = field(default_factory=Backlog)
    receive_buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(65_536)))

    def received(
        self, asked: ClientRequest, transport: asyncio.Transport
    ) -> tuple[ClientRequest, Say | Later | None]:
        """A request as it is answered, and the answer if it gets one without a look at captures."""
        if transport.get_extra_info("ssl_object") is not None:
            asked = replace(asked, scheme="https")
        if self.front is None:
            return asked, self.crew.asked(asked) if self.crew is not None else None
        asked = self.front.addressed(asked)
        return asked, self.front.ignored(asked)

    @property
    def meter(self) -> Meter:
        """Counts what is sent."""
        return self.control.meter

    def say_later(self, asked: ClientRequest, later: Later, say: Callable[[Say], object]) -> None:
        """Have an answer said, and remember it, once it is there."""

        def said(answer: Say) -> None:
            self.remember(asked, answer)
            say(answer)

        later.on_said(said)

    def remember(self, asked: ClientRequest, answer: Play | Say) -> Served:
        """Log an answer, and add it to the answers that `control` lists."""
        self.log(answer.log)
        if isinstance(answer, Say) and not asked.target.startswith(OWN_PATH):
            self.meter.say(answer.status)
        return self.control.note(asked, answer)

    def patience_with(self, served: Served) -> Callable[[list[str]], bool]:
        """What to do when a stream waits for requests in vain: it is told what it waits for."""
        return patience(served.answer, self.log, is_strict=self.answerer.is_strict)

    def log_damage(self, error: SsetapeError) -> None:
        """Log why a stream is cut before its capture ends."""
        self.log(f"cut, the capture is damaged: {error}")
