"""A position in a body: after a number of events or bytes, or at a time. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.values import Chunk, End, Trailers
from ssetape.messages.stretches import Lull, Stretch, joined, stretches

from .fault import Part, Run, again, need_at_least, need_one


class Position(NamedTuple):
    """A position; exactly one field is set, see `check`."""

    event: int | None
    byte: int | None
    at_s: float | None

    def check(self) -> None:
        """Check that exactly one field is set, and is not negative.

        Raises:
            ValueError: no field is set, or several are, or it is negative.
        """
        need_one(event=self.event, byte=self.byte, at_s=self.at_s)
        need_at_least(0, event=self.event, byte=self.byte, at_s=self.at_s)

    def sides(self, parts: Iterable[Part], run: Run) -> Iterator[tuple[bool, Part]]:
        """Yield all parts, each with whether it is after the position. May split a chunk."""
        if self.event is not None:
            items = stretches(parts, run.response)
            for part in joined(_first(items, self.event)):
                yield False, part
            for part in joined(items):
                yield True, part
        elif self.byte is not None:
            left_bytes = self.byte
            for part in parts:
                if isinstance(part, Chunk):
                    if left_bytes > 0:
                        yield False, Chunk(part.t_s, part.data[:left_bytes])
                    if len(part.data) > left_bytes:
                        yield True, Chunk(part.t_s, part.data[left_bytes:])
                    left_bytes = max(0, left_bytes - len(part.data))
                else:
                    yield left_bytes == 0, part
        else:
            at_s = self.at_s or 0.0
            for part in parts:
                is_behind = part.t_s > at_s
                if isinstance(part, Lull) and not is_behind:
                    part = again(part, at_s)
                yield is_behind, part


NOWHERE = Position(None, None, None)
AFTER_HEAD = Position(None, 0, None)


def _first(
    items: Iterator[Stretch | Trailers | End | Lull], count: int
) -> Iterator[Stretch | Trailers | End | Lull]:
    """Take all items up to the end of the event number `count`."""
    while count > 0:
        item = next(items, None)
        if item is None:
            return
        yield item
        if isinstance(item, Stretch) and item.data is not None:
            count -= 1
