"""Drops, duplicates, reorders and corrupts events. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ssetape.format.values import End, Trailers
from ssetape.messages.stretches import Slice, Stretch, joined, stretches

from .fault import Fault, Lull, Part, Run, need_at_least, need_chance, need_one

Item = Stretch | Trailers | End | Lull
# Returns the replacement for a byte, from its offset and value.
_Change = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class _OnEvents(Fault):
    """A fault of one event, by its number from 1, or of each event with a chance."""

    changes_length: ClassVar[bool] = True

    event: int | None = None
    chance: float | None = None

    def __post_init__(self) -> None:
        need_one(event=self.event, chance=self.chance)
        need_at_least(1, event=self.event)
        need_chance(chance=self.chance)

    @property
    def needs_text(self) -> bool:
        return True

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        return joined(self.items(stretches(parts, run.response), run))

    def items(self, items: Iterator[Item], run: Run) -> Iterator[Item]:
        """The changed body."""
        for item, is_hit in self._aimed(items, run):
            if is_hit and isinstance(item, Stretch):
                yield from self.changed(item, run)
            else:
                yield item

    def changed(self, event: Stretch, run: Run) -> Iterator[Stretch]:
        """What replaces an event that the fault applies to."""
        yield event

    def _aimed(self, items: Iterator[Item], run: Run) -> Iterator[tuple[Item, bool]]:
        number = 0
        for item in items:
            if isinstance(item, Lull):  # takes no random number
                yield item, False
                continue
            is_event = isinstance(item, Stretch) and item.data is not None
            number += is_event
            chance = self.chance
            is_hit = number == self.event if chance is None else run.random() < chance
            yield item, is_event and is_hit


@dataclass(frozen=True, slots=True)
class Drop(_OnEvents):
    """An event is missing."""

    name: ClassVar[str] = "drop"

    def changed(self, event: Stretch, run: Run) -> Iterator[Stretch]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Duplicate(_OnEvents):
    """An event comes twice, in one chunk."""

    name: ClassVar[str] = "duplicate"

    def changed(self, event: Stretch, run: Run) -> Iterator[Stretch]:
        last = event.slices[-1]
        yield event
        yield Stretch([Slice(last.t_s, event.raw, last.chunk)], event.message)


@dataclass(frozen=True, slots=True)
class Reorder(_OnEvents):
    """An event comes after its successor, at the successor's time."""

    name: ClassVar[str] = "reorder"

    def items(self, items: Iterator[Item], run: Run) -> Iterator[Item]:
        held: Stretch | None = None
        for item, is_hit in self._aimed(items, run):
            if held is None and is_hit and isinstance(item, Stretch):
                held = item
                continue
            if held is not None and not isinstance(item, Stretch | Lull):
                yield held  # no event followed it
                held = None
            yield item
            if held is not None and isinstance(item, Stretch) and item.data is not None:
                yield held
                held = None
        if held is not None:
            yield held


@dataclass(frozen=True, slots=True)
class Corrupt(_OnEvents):
    """An event's data is damaged: one byte changed, one byte not UTF-8, or its second half lost."""

    name: ClassVar[str] = "corrupt"

    how: Literal["byte", "utf8", "half"] = "byte"

    def changed(self, event: Stretch, run: Run) -> Iterator[Stretch]:
        yield self._damaged(event, run)

    def _damaged(self, event: Stretch, run: Run) -> Stretch:
        places = _data_places(event.raw)
        if not places:
            return event
        place = places[int(run.random() * len(places))]
        if self.how == "half":
            gone = set(places[(len(places) + 1) // 2 :])
            return _mapped(event, lambda at, byte: b"" if at in gone else bytes([byte]))
        if self.how == "utf8":
            damaged = 0xFF
        else:
            others = [n for n in range(256) if n not in (event.raw[place], *b"\r\n")]
            damaged = others[int(run.random() * len(others))]
        return _mapped(event, lambda at, byte: bytes([damaged if at == place else byte]))


def _data_places(raw: bytes) -> list[int]:
    """The offsets of the data's bytes: in the data lines if there are any, else anywhere."""
    places: list[int] = []
    at = 0
    lines = raw.splitlines(keepends=True)
    has_data_lines = any(line.partition(b":")[0].rstrip(b"\r\n") == b"data" for line in lines)
    for line in lines:
        text = line.rstrip(b"\r\n")
        start = 0
        if has_data_lines:
            start = len(text) if not text.startswith(b"data:") else 5 + text.startswith(b"data: ")
        places.extend(range(at + start, at + len(text)))
        at += len(line)
    return places


def _mapped(event: Stretch, change: _Change) -> Stretch:
    at = 0
    slices = []
    for piece in event.slices:
        data = b"".join(change(at + n, byte) for n, byte in enumerate(piece.data))
        slices.append(piece._replace(data=data))
        at += len(piece.data)
    return Stretch(slices, event.message)


@dataclass(frozen=True, slots=True)
class LoseDone(Fault):
    """The final event is missing: the one whose data is `[DONE]`, or other data."""

    name: ClassVar[str] = "lose-done"
    changes_length: ClassVar[bool] = True

    data: str = "[DONE]"

    @property
    def needs_text(self) -> bool:
        return True

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        return joined(
            item
            for item in stretches(parts, run.response)
            if not isinstance(item, Stretch) or item.data is None or item.data.strip() != self.data
        )
