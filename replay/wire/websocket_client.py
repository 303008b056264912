"""Compares the messages of a replayed WebSocket's client with the recorded ones. Pure."""

from collections.abc import Iterator
from enum import Enum

from ssetape.capture import Capture
from ssetape.format.values import Message


class Strictness(Enum):
    """Which messages a client may send: LOOSE: any; STRICT: the recorded ones."""

    LOOSE = "loose"
    STRICT = "strict"


class ClientScript:
    """The messages that one client has to send: any, or the recorded ones.

    Attributes:
        count: how many messages the client has sent.
    """

    def __init__(self, capture: Capture, strictness: Strictness) -> None:
        self.count = 0
        self._expected: Iterator[Message] | None = None
        if strictness is Strictness.STRICT:
            self._expected = (m for m in capture.messages() if m.from_client and not m.injected)

    def problem(self, data: bytes, is_text: bool) -> str | None:
        """Describe what is wrong with the next message; None if nothing is.

        Raises:
            CaptureError: the capture is damaged.
        """
        self.count += 1
        if self._expected is None:
            return None
        return difference(next(self._expected, None), data, is_text)


def difference(expected: Message | None, data: bytes, is_text: bool) -> str | None:
    """Describe how a client's message differs from the recorded one; None if it does not."""
    if expected is None:
        return "is one more than recorded"
    if expected.is_text != is_text:
        kinds = {True: "text", False: "binary"}
        return f"is {kinds[is_text]}, expected {kinds[expected.is_text]}"
    if expected.data == data:
        return None
    pairs = enumerate(zip(expected.data, data, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(expected.data), len(data)))
    return f"differs from the recorded one at byte {at}"
