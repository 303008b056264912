"""What a server has sent, and how late: numbers that several processes can add up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from dataclasses import fields as of_class
from operator import add
from typing import Any

# Upper bounds of the counts in `Tally.late`, which has one more for what is later than all.
LATE_BOUNDS_NS = (
    *(50_000, 100_000, 250_000, 500_000),
    *(1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000),
    *(100_000_000, 250_000_000, 1_000_000_000),
)


@dataclass(slots=True)
class Tally:
    """What was sent since the server started; a stream is an answer from a capture.

    Attributes:
        begun: how many streams began.
        ended: how many ended, by outcome: `complete`, `cut` or `left`.
        said: how many of the server's own responses were sent, by status, as text.
        chunks: chunks of bodies, and messages of WebSockets.
        sent_bytes: bytes sent, without the framing of TLS and HTTP/2.
        late: how many pieces were late, by how much: see `LATE_BOUNDS_NS`.
        late_ns: the sum of their lateness.
    """

    begun: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    chunks: int = 0
    sent_bytes: int = 0
    late: list[int] = field(default_factory=lambda: [0] * (len(LATE_BOUNDS_NS) + 1))
    late_ns: int = 0

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Tally":
        """The tally with these fields, as `fields()` returned them, maybe in another process."""
        return cls(**{each.name: fields[each.name] for each in of_class(cls)})

    def fields(self) -> dict[str, Any]:
        """Its fields, as values that JSON knows, with the bounds of the counts in `late`."""
        return {**asdict(self), "late_bounds_ns": list(LATE_BOUNDS_NS)}

    @property
    def open(self) -> int:
        """How many streams have begun and not ended."""
        return self.begun - sum(self.ended.values())

    def add(self, other: "Tally") -> "Tally":
        """The tally of both together."""
        return Tally(
            begun=self.begun + other.begun,
            ended=_sums(self.ended, other.ended),
            said=_sums(self.said, other.said),
            chunks=self.chunks + other.chunks,
            sent_bytes=self.sent_bytes + other.sent_bytes,
            late=list(map(add, self.late, other.late)),
            late_ns=self.late_ns + other.late_ns,
        )


def later_than(limit_ns: int, late: Sequence[int]) -> int:
    """How many of the pieces in `Tally.late` were later than a limit, which has to be a bound."""
    return sum(late[LATE_BOUNDS_NS.index(limit_ns) + 1 :])


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
