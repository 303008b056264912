"""The events that differ between two captures, aligned: one added or missing is one difference."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import NamedTuple

from ssetape.capture import Capture
from ssetape.messages.reading import messages_of

# Longer streams are compared number by number: alignment takes quadratic time.
_ALIGNED_LIMIT = 2_000


class ComparedEvent(NamedTuple):
    """An event: its number, type and data."""

    number: int
    name: str
    data: str


class EventDifference(NamedTuple):
    """Two events in the same place that differ; None where a side has no event."""

    first: ComparedEvent | None
    second: ComparedEvent | None


def event_differences(first: Capture, second: Capture, limit: int) -> list[EventDifference]:
    """The events that differ, in order, at most `limit` pairs.

    Raises:
        CaptureError: a capture cannot be read, or only in part.
    """
    sides = [list(islice(_events(each), _ALIGNED_LIMIT + 1)) for each in (first, second)]
    pairs: Iterator[EventDifference]
    if max(map(len, sides)) > _ALIGNED_LIMIT:
        pairs = map(EventDifference._make, zip_longest(_events(first), _events(second)))
    else:
        pairs = _aligned(*sides)
    return list(islice((pair for pair in pairs if _content(pair[0]) != _content(pair[1])), limit))


def _aligned(first: list[ComparedEvent], second: list[ComparedEvent]) -> Iterator[EventDifference]:
    contents = [list(map(_content, side)) for side in (first, second)]
    matcher = SequenceMatcher(None, contents[0], contents[1], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from map(EventDifference._make, zip_longest(first[a:b], second[c:d]))


def _content(event: ComparedEvent | None) -> tuple[str, str] | None:
    return event and (event.name, event.data)


def _events(capture: Capture) -> Iterator[ComparedEvent]:
    for number, message in enumerate(messages_of(capture)):
        yield ComparedEvent(number, message.name, message.data)
