"""The events that differ between two captures, aligned: one added or missing is one difference."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import NamedTuple

from ssetape.capture import Capture
from ssetape.comparing.alignment import aligned
from ssetape.format.bounds import HELD_LIMIT_CHARACTERS
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
    sides = [_first(each) for each in (first, second)]
    pairs: Iterator[EventDifference]
    if None in sides:
        pairs = map(EventDifference._make, zip_longest(_events(first), _events(second)))
    else:
        pairs = _aligned(sides[0] or [], sides[1] or [])
    return list(islice((pair for pair in pairs if _content(pair[0]) != _content(pair[1])), limit))


def _first(capture: Capture) -> list[ComparedEvent] | None:
    """All events of a capture; None if they are too many, or too large, to be aligned."""
    events: list[ComparedEvent] = []
    characters = 0
    for event in _events(capture):
        events.append(event)
        characters += len(event.data)
        if len(events) > _ALIGNED_LIMIT or characters > HELD_LIMIT_CHARACTERS:
            return None
    return events


def _aligned(first: list[ComparedEvent], second: list[ComparedEvent]) -> Iterator[EventDifference]:
    contents = [list(map(_content, side)) for side in (first, second)]
    for is_equal, one, other in aligned(*contents):
        if not is_equal:
            yield from map(EventDifference._make, zip_longest(first[one], second[other]))


def _content(event: ComparedEvent | None) -> tuple[str, str] | None:
    return event and (event.name, event.data)


def _events(capture: Capture) -> Iterator[ComparedEvent]:
    for number, message in enumerate(messages_of(capture)):
        yield ComparedEvent(number, message.name, message.data)
