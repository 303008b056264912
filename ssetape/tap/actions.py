"""What the machine of this package asks for: commands to the browser, and records to write."""

from dataclasses import dataclass, field
from typing import Any

from ssetape.format.values import HTTP, Request, Response
from ssetape.tap.devtools import Command, Params


@dataclass(frozen=True, slots=True)
class Send:
    """Send a command to a target's session ("" is the browser's)."""

    number: int
    session: str
    command: Command
    params: Params

    def message(self) -> dict[str, Any]:
        """The message, for JSON."""
        session = {"sessionId": self.session} if self.session else {}
        return {"id": self.number, "method": self.command, "params": self.params, **session}


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a capture.

    Attributes:
        id: the exchange's, for the actions that follow.
        sent_s: when the request was sent, on the browser's monotonic clock.
        started_ns: the same, ns since 1970.
        target: the type of the target that asked.
        response: its `t_s` is since `sent_s`.
    """

    id: str
    request: Request
    response: Response
    sent_s: float
    started_ns: int
    target: str
    kind: str = HTTP


@dataclass(frozen=True, slots=True)
class WriteChunk:
    """Write bytes that the browser had at `now_s`, on its clock."""

    id: str
    now_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class WriteMessage:
    """Write a WebSocket's message."""

    id: str
    now_s: float
    data: bytes
    from_client: bool
    is_text: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """End a capture."""

    id: str
    now_s: float
    reason: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Count a response that is not recorded.

    Attributes:
        is_excluded: whether that is because of the filter, and not because it does not stream.
    """

    media_type: str
    status: int
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Fail:
    """Count a request that got no response."""

    url: str
    error: str


Action = Send | Begin | WriteChunk | WriteMessage | Finish | Warn | Pass | Fail
