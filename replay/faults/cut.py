"""Cuts the connection before the response is complete. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ssetape.format.values import End

from .fault import CUT, RESET, Fault, Lull, Part, Run
from .position import Position


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """The connection ends after an event, a byte or a time: closed (FIN) or reset (RST)."""

    name: ClassVar[str] = "cut"

    event: int | None = None
    byte: int | None = None
    at_s: float | None = None
    how: Literal["close", "reset"] = "close"

    def __post_init__(self) -> None:
        self._place.check()

    @property
    def _place(self) -> Position:
        return Position(self.event, self.byte, self.at_s)

    @property
    def needs_text(self) -> bool:
        return self.event is not None

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        reason = RESET if self.how == "reset" else CUT
        latest_s = max(run.response.t_s, self.at_s or 0.0)
        for is_behind, part in self._place.sides(parts, run):
            if is_behind:
                yield End(latest_s, reason)
                return
            if not isinstance(part, Lull):
                latest_s = max(latest_s, part.t_s)
            yield part
