"""What is recorded, and what a response is: decided by the same rules as in the proxy."""

from dataclasses import dataclass
from enum import Enum, auto

from ssetape.messages import detection
from ssetape.tap.filter import Filter, Heads
from ssetape.tap.heads import undone

# Of a redirect, the browser drops the body.
WITHOUT_BODY = frozenset({204, 205, 301, 302, 303, 304, 307, 308})


class Aim(Enum):
    """What a response is, as far as that is known."""

    UNDECIDED = auto()  # its first bytes will tell
    STREAM = auto()
    ORDINARY = auto()
    UNWANTED = auto()  # an ordinary one, which is not to be recorded
    EXCLUDED = auto()  # by the filter


@dataclass(frozen=True, slots=True)
class Policy:
    """What is recorded.

    Attributes:
        records_all: whether ordinary responses are, too.
        wants: whether an exchange is to be recorded.
    """

    records_all: bool
    wants: Filter

    def aim(self, heads: Heads, request_body: bytes | None) -> Aim:
        """What a response is, by its head."""
        if not self.wants(heads):
            return Aim.EXCLUDED
        answered, asked = heads.response_headers, heads.request_headers
        if undone(answered)[1]:  # whatever the coding, the browser gives plain bytes
            answered = [pair for pair in answered if pair[0].lower() != "content-encoding"]
        if heads.status in WITHOUT_BODY:
            return self.ordinary
        if detection.is_stream(answered):
            return Aim.STREAM
        if detection.is_worth_a_look(heads.status, answered, asked, request_body):
            return Aim.UNDECIDED
        return self.ordinary

    @property
    def ordinary(self) -> Aim:
        """What an ordinary response is."""
        return Aim.ORDINARY if self.records_all else Aim.UNWANTED
