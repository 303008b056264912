"""A client's request and its answer: a capture to play, or one of the server's own responses."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Protocol, TypeVar

import orjson

from ssetape.capture import Capture
from ssetape.format.encode import ascii_url
from ssetape.format.values import Headers, Response, header_values

from .pacing import Pace
from .shelf import Part

T = TypeVar("T")

# Characters of a session's name; the rest is ignored.
_SESSION_LIMIT = 200


def asks_for_a_websocket(headers: Headers) -> bool:
    """Whether a request with these headers asks for a WebSocket: RFC 6455, section 4.1."""
    upgrades = ",".join(header_values(headers, "upgrade")).lower()
    return "websocket" in (part.strip() for part in upgrades.split(","))


@dataclass(frozen=True)
class ClientRequest:
    """A client's request. What is derived from it is computed once.

    Attributes:
        target: that of the request line, a character for each byte.
        scheme: "https" if it came over TLS; whose port is left out of a host depends on it.
    """

    method: str
    target: str
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    scheme: str = "http"

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """The values of its headers, in order, by their names in lower case."""
        fields: dict[str, list[str]] = {}
        for name, value in self.headers:
            fields.setdefault(name.lower(), []).append(value)
        return fields

    @cached_property
    def is_for_a_websocket(self) -> bool:
        """Whether it asks for a WebSocket."""
        return "upgrade" in self.fields and asks_for_a_websocket(self.headers)

    @cached_property
    def host(self) -> str:
        """The Host header, "" without one."""
        return self.fields.get("host", [""])[0]

    @cached_property
    def session(self) -> str:
        """The client's session, "" without one. Each has its own turns among equal captures."""
        return self.fields.get("x-ssetape-session", [""])[0][:_SESSION_LIMIT]

    @cached_property
    def url(self) -> str:
        """The full URL; the target may be a path and query, or absolute as for a proxy."""
        target = self.target if self.target.isascii() else _as_ascii(self.target)
        absolute = "://" in target.partition("?")[0] and not target.startswith("/")
        return target if absolute else f"{self.scheme}://{self.host}{target}"


def _as_ascii(target: str) -> str:
    """A target with other bytes percent-encoded: in HTTP, a character stands for a byte."""
    try:
        return ascii_url(target.encode("latin-1"))
    except UnicodeEncodeError:
        return ascii_url(target.encode("utf-8", "surrogatepass"))


class _Played(Protocol):
    def __call__(
        self, how: Hashable, play: Callable[[Iterable[Part]], Iterator[T]]
    ) -> Iterable[T]: ...


@dataclass(frozen=True, slots=True)
class Play:
    """A capture that answers.

    Attributes:
        response: the head to send, with its time.
        pace: how recorded times become replay times.
        played: passes the parts after the head to a function and returns the function's result.
            Clients with equal first arguments may share one result: `Shelf.played`.
        log: the line to log for it.
        cued: the requests that its chunks wait for, a `cued.Cued`; None if for none.
    """

    capture: Capture
    response: Response
    pace: Pace
    played: _Played
    log: str
    cued: object = None

    @property
    def is_complete(self) -> bool:
        """Whether the recorded response was complete."""
        return self.capture.end is not None and self.capture.end.is_complete


@dataclass(frozen=True, slots=True)
class Say:
    """One of the server's own responses, sent at once; `log` is the line to log for it."""

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


@dataclass(frozen=True, slots=True)
class Later:
    """One of the server's own responses that has yet to come.

    Attributes:
        on_said: calls a function with the response once it is there.
    """

    on_said: Callable[[Callable[[Say], None]], None]


def patience(
    answer: Play | Say, log: Callable[[str], None], *, is_strict: bool
) -> Callable[[list[str]], bool]:
    """Return what to do when a stream has waited long for other requests of its session.

    Called with these requests, it logs them, and returns whether to cut the stream.
    """
    name = answer.capture.name if isinstance(answer, Play) else answer.log

    def give_up(requests: list[str]) -> bool:
        rest = f", and {len(requests) - 3} more" if len(requests) > 3 else ""
        what = "was cut (--strict)" if is_strict else "waits"
        log(
            f"{name}: {what}: its next chunks were recorded after {', '.join(requests[:3])}"
            f"{rest}, which nobody has asked; --independent sends them at their own time"
        )
        return is_strict

    return give_up


def refusal(status: int, message: str) -> Say:
    """Return the answer to a request that cannot be served, with the reason."""
    return Say(status, error_body("ssetape_error", message, {}), f"{status}: {message}")


def error_body(kind: str, message: str, details: dict[str, object]) -> bytes:
    """An error as JSON, in OpenAI's shape, which many clients show as text."""
    error = {"type": kind, "message": f"ssetape: {message}"}
    return orjson.dumps({"error": error, **details}, option=orjson.OPT_APPEND_NEWLINE)
