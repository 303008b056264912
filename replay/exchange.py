"""A request to be answered, and what answers it: a capture that is played, or our own words."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, TypeVar

import orjson

from ssetape.capture import Capture
from ssetape.format.values import Headers, Response, header_values

from .pacing import Pace
from .shelf import Part

T = TypeVar("T")

# Characters of a session's name that count.
_SESSION_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A request to be answered. `target` is the request line's: path and query."""

    method: str
    target: str
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    @property
    def is_for_a_websocket(self) -> bool:
        """Whether it asks for a WebSocket."""
        upgrades = ",".join(header_values(self.headers, "upgrade")).lower()
        return "websocket" in (part.strip() for part in upgrades.split(","))

    @property
    def host(self) -> str:
        """The Host header, "" without one."""
        return next(iter(header_values(self.headers, "host")), "")

    @property
    def session(self) -> str:
        """The client's session: each has its own turn among equal captures. "" without one."""
        return next(iter(header_values(self.headers, "x-ssetape-session")), "")[:_SESSION_LIMIT]

    @property
    def url(self) -> str:
        """The URL; a proxy's absolute target counts as well as the usual path and query."""
        absolute = "://" in self.target.partition("?")[0] and not self.target.startswith("/")
        return self.target if absolute else f"http://{self.host}{self.target}"


class _Played(Protocol):
    def __call__(
        self, how: Hashable, play: Callable[[Iterable[Part]], Iterator[T]]
    ) -> Iterable[T]: ...


@dataclass(frozen=True, slots=True)
class Play:
    """A capture that answers.

    Attributes:
        response: the head to send, at its time.
        pace: how its times are played.
        played: gives what a function makes of the parts that follow the head. For equal first
            arguments it may be made once for all who ask: `Shelf.played`.
        log: a line about it.
    """

    capture: Capture
    response: Response
    pace: Pace
    played: _Played
    log: str

    @property
    def is_complete(self) -> bool:
        """Whether the response came to its own end."""
        return self.capture.end is not None and self.capture.end.is_complete


@dataclass(frozen=True, slots=True)
class Say:
    """An answer of our own, at once; `log` is a line about it."""

    status: int
    body: bytes
    log: str
    headers: Headers = field(default_factory=lambda: [("content-type", "application/json")])

    @property
    def reason(self) -> str:
        """The reason phrase of the status."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Error"


def refusal(status: int, message: str) -> Say:
    """Say why a request cannot be answered at all."""
    return Say(status, error_body("ssetape_error", message, {}), f"{status}: {message}")


def error_body(kind: str, message: str, details: dict[str, object]) -> bytes:
    """The JSON of an error, in the shape of OpenAI's, which many clients show as text."""
    error = {"type": kind, "message": f"ssetape: {message}"}
    return orjson.dumps({"error": error, **details}, option=orjson.OPT_APPEND_NEWLINE)
