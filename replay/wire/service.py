"""What all connections of a server share, whatever protocol their clients speak."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ssetape.errors import SsetapeError

from ..answers.answerer import Answerer
from ..control import Control, Served
from ..exchange import ClientRequest, Play, Say
from ..timer import Timer
from .websocket_client import Strictness


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a server that its connections use.

    Attributes:
        strictness: what clients of WebSockets may say.
        log: gets a line for every request.
        control: knows every answer; may hold streams up.
        answers_once: close every connection after one answer, without a word of it in the head.
        transports: the open connections.
    """

    answerer: Answerer
    timer: Timer
    strictness: Strictness
    log: Callable[[str], None]
    control: Control = field(default_factory=Control)
    answers_once: bool = False
    transports: set[asyncio.Transport] = field(default_factory=set)

    def remember(self, asked: ClientRequest, answer: Play | Say) -> Served:
        """Log an answer, and note it for those who ask later what was served."""
        self.log(answer.log)
        return self.control.note(asked, answer)

    def log_damage(self, error: SsetapeError) -> None:
        """Log why a stream is cut before its capture ends."""
        self.log(f"cut, the capture is damaged: {error}")
