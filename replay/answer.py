"""What a request is answered with: a capture that is played, or words of our own."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, TypeVar

import orjson

from ssetape.capture import Capture
from ssetape.format.values import Headers, Response

from .pacing import Pace
from .shelf import Part

T = TypeVar("T")


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
