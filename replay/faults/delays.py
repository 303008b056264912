"""Delays answers. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from ssetape.format.values import Response

from .fault import Fault, Lull, Part, Run, at, need_at_least
from .position import AFTER_HEAD, NOWHERE, Position


@dataclass(frozen=True, slots=True)
class Stall(Fault):
    """Silence after an event, a byte or a time, or else the head: for some seconds, or forever."""

    name: ClassVar[str] = "stall"

    event: int | None = None
    byte: int | None = None
    at_s: float | None = None
    seconds: float = float("inf")

    def __post_init__(self) -> None:
        self._place.check()
        need_at_least(0, seconds=self.seconds)

    @property
    def _place(self) -> Position:
        place = Position(self.event, self.byte, self.at_s)
        return AFTER_HEAD if place == NOWHERE else place

    @property
    def needs_text(self) -> bool:
        return self.event is not None

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        for is_behind, part in self._place.sides(parts, run):
            yield at(part, part.t_s + self.seconds) if is_behind else part


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """Every wait after the head takes `factor` times as long."""

    name: ClassVar[str] = "slow"

    factor: float

    def __post_init__(self) -> None:
        need_at_least(1, factor=self.factor)

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        head_s = run.response.t_s
        for part in parts:
            yield at(part, head_s + max(0.0, part.t_s - head_s) * self.factor)


@dataclass(frozen=True, slots=True)
class Jitter(Fault):
    """Every chunk is delayed by a random time of up to `seconds`; their order stays."""

    name: ClassVar[str] = "jitter"

    seconds: float

    def __post_init__(self) -> None:
        need_at_least(0, seconds=self.seconds)

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        latest_s = 0.0
        for part in parts:
            if isinstance(part, Lull):
                yield part
                continue
            latest_s = max(latest_s, part.t_s + run.random() * self.seconds)
            yield at(part, latest_s)


@dataclass(frozen=True, slots=True)
class SlowHead(Fault):
    """The head, and all that follows, is delayed by `seconds`."""

    name: ClassVar[str] = "slow-head"

    seconds: float

    def __post_init__(self) -> None:
        need_at_least(0, seconds=self.seconds)

    def head(self, response: Response) -> Response:
        return replace(response, t_s=response.t_s + self.seconds)

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        for part in parts:
            yield at(part, part.t_s + self.seconds)
