"""Searches a body that comes in parts for secrets that may be cut by the ends of parts. Pure.

It searches in windows, each with the end of the one before it, and holds no more of a body.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ssetape.masking.findings import Finding, masked
from ssetape.masking.search import find

# How much of a body is searched at once.
_WINDOW_BYTES = 1024 * 1024
# Secrets up to this size are found whole even if a window ends inside them.
_TAIL_BYTES = 64 * 1024
# How much of the previous window is searched again: it may end with the name of a secret field.
_CONTEXT_BYTES = 1024


@dataclass(slots=True)
class Part:
    """A chunk or a message.

    Attributes:
        t_s: when it came.
        data: its bytes, masked once the part is finished.
        owner: whatever the caller keeps with it.
        marks: what was masked: [start, end, pattern].
    """

    t_s: float
    data: bytes
    owner: Any = None
    marks: list[list[Any]] = field(default_factory=list)


class BodyMasker:
    """Masks the parts of a body; holds them back until secrets that begin in them are complete.

    Args:
        salt: makes the placeholders of equal secrets equal, and of others unequal.
        note: called for each secret with the part in which it begins.
        separator: stands between parts while they are searched: nothing between the chunks of a
            body, a line end between messages.
    """

    def __init__(
        self, salt: bytes, note: Callable[[Part, Finding], None], separator: bytes = b""
    ) -> None:
        self._salt = salt
        self._note = note
        self._separator = separator
        self._held: list[Part] = []
        self._held_bytes = 0
        self._due_bytes = _WINDOW_BYTES
        self._context = b""

    def take(self, part: Part) -> Iterator[Part]:
        """Take the next part, and yield those that are finished."""
        if not self._held and not part.data:
            yield part
            return
        self._held.append(part)
        self._held_bytes += len(part.data)
        if self._held_bytes >= self._due_bytes:
            tail_bytes, keep = 0, len(self._held)
            while tail_bytes < _TAIL_BYTES:
                keep -= 1
                tail_bytes += len(self._held[keep].data)
            if keep:
                yield from self._give(keep)
            self._due_bytes = self._held_bytes + _WINDOW_BYTES

    def rest(self) -> Iterator[Part]:
        """Yield all parts still held back."""
        return self._give(len(self._held))

    def _give(self, number: int) -> Iterator[Part]:
        """Mask what begins in the first `number` held parts, and yield these."""
        start = len(self._context)
        data = self._context + b"".join(part.data + self._separator for part in self._held)
        given = self._held[:number]
        end = start + sum(len(part.data) + len(self._separator) for part in given)
        found = [item for item in find(data) if start <= item.start < end]
        if found:
            data = masked(data, found, self._salt)
            self._put_back(data, found, start)
        yield from given
        del self._held[:number]
        self._held_bytes = sum(len(part.data) for part in self._held)
        self._context = data[max(0, end - _CONTEXT_BYTES) : end]

    def _put_back(self, data: bytes, found: list[Finding], start: int) -> None:
        """Put masked data back into its parts, and mark it."""
        beginnings = deque(sorted(found, key=lambda item: item.start))
        left = deque(sorted((*span, item.pattern) for item in found for span in item.spans))
        for part in self._held:
            end = start + len(part.data)
            while beginnings and beginnings[0].start < end:
                self._note(part, beginnings.popleft())
            marks = []
            while left and left[0][0] < end:
                first, last, pattern = left[0]
                marks.append([max(start, first) - start, min(end, last) - start, pattern])
                if last > end:
                    break  # it continues in the next part
                left.popleft()
            if marks:
                part.data = data[start:end]
                part.marks += marks
            start = end + len(self._separator)
