"""Changes chunk boundaries; no byte comes before its recorded time. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ssetape.format.values import Chunk

from .fault import Fault, Lull, Part, Run, again, at, need_at_least, need_one

# After the first byte of a UTF-8 character; between CR and LF.
_INSIDE = {
    "utf8": re.compile(rb"(?<=[\xc2-\xf4])(?=[\x80-\xbf])"),
    "crlf": re.compile(rb"(?<=\r)(?=\n)"),
}


@dataclass(frozen=True, slots=True)
class Rechunk(Fault):
    """The body has other chunks: of a fixed or random size, or split inside characters or CRLFs.

    Chunks of a fixed size come at the time of their last byte. Other chunks are parts of recorded
    ones, and come at the same time.
    """

    name: ClassVar[str] = "rechunk"

    size: int | None = None
    random: int | None = None
    inside: Literal["utf8", "crlf"] | None = None

    def __post_init__(self) -> None:
        need_one(size=self.size, random=self.random, inside=self.inside and 1)
        need_at_least(1, size=self.size, random=self.random)

    @property
    def needs_text(self) -> bool:
        return self.inside is not None

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        if self.size is not None:
            yield from _sized(parts, self.size)
            return
        for part in parts:
            if not isinstance(part, Chunk):
                yield part
            elif self.inside is not None:
                for data in _INSIDE[self.inside].split(part.data):
                    yield Chunk(part.t_s, data)
            else:
                start = 0
                while start < len(part.data):
                    size = 1 + int(run.random() * (self.random or 1))
                    yield Chunk(part.t_s, part.data[start : start + size])
                    start += size


def _sized(parts: Iterable[Part], size: int) -> Iterator[Part]:
    rest = bytearray()
    latest_s = 0.0
    for part in parts:
        if isinstance(part, Chunk):
            rest += part.data
            latest_s = part.t_s
            while len(rest) >= size:
                yield Chunk(latest_s, bytes(rest[:size]))
                del rest[:size]
            continue
        if rest and not isinstance(part, Lull):
            yield Chunk(latest_s, bytes(rest))
            rest.clear()
        yield part
    if rest:
        yield Chunk(latest_s, bytes(rest))


@dataclass(frozen=True, slots=True)
class Coalesce(Fault):
    """Chunks are held back and sent as one: each time for `seconds`, or until the end."""

    name: ClassVar[str] = "coalesce"

    seconds: float = float("inf")

    def __post_init__(self) -> None:
        need_at_least(0, seconds=self.seconds)

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        held: list[bytes] = []
        due_s = latest_s = 0.0
        for part in parts:
            if isinstance(part, Lull) and held and part.t_s <= due_s:
                yield again(part, due_s)
                continue
            if held and (part.t_s > due_s or not isinstance(part, Chunk)):
                latest_s = min(due_s, part.t_s)
                yield Chunk(latest_s, b"".join(held))
                held = []
            if not isinstance(part, Chunk):
                yield at(part, max(latest_s, part.t_s))
                continue
            if not held:
                due_s = part.t_s + self.seconds
            held.append(part.data)
            latest_s = part.t_s
        if held:
            yield Chunk(latest_s, b"".join(held))
