"""Finds what is masked in chunks that were changed: placeholders keep their bytes. Pure."""

from ssetape.editing.source import Span

# What placeholders begin with. The rest of one that is in pieces could be anything.
_PLACEHOLDER = b"masked-"


class Marks:
    """What is masked in the chunks or messages of the sources, wherever it is now.

    Args:
        marked: the chunks and messages that have something masked, and where; may still grow.
    """

    def __init__(self, *marked: dict[bytes, list[Span]]) -> None:
        self._marked = marked

    def of(self, data: bytes) -> list[Span]:
        """What is masked in a chunk."""
        found: dict[tuple[int, int], Span] = {}
        for marked in self._marked:
            if data in marked:
                return marked[data]
            for whole, spans in marked.items():
                for start, end, *rest in spans:
                    placeholder = whole[start:end]
                    if not placeholder.startswith(_PLACEHOLDER):
                        continue
                    place = data.find(placeholder)
                    while place >= 0:
                        span = (place, place + len(placeholder))
                        found[span] = [*span, *rest]
                        place = data.find(placeholder, span[1])
        longest: list[Span] = []
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            if not longest or start >= longest[-1][1]:
                longest.append(found[start, end])
        return longest
