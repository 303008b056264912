"""The events that differ between two captures, as the comparison's rows show them."""

from collections.abc import Iterator
from typing import Any

from ssetape.capture import Capture
from ssetape.comparing.events import ComparedEvent, EventDifference
from ssetape.meaning.sayings import Sayings
from ssetape.messages.message import TimedComment
from ssetape.messages.reading import MessageReader, spoken
from ssetape.page import said

# So much of each event's data is in the page; the rest is fetched on demand.
DATA_CHARACTERS = 2_000

Row = list[Any]


def rows(pairs: list[EventDifference], first: Capture, second: Capture) -> list[list[Row | None]]:
    """Each pair as two events, or None where a side has none.

    An event is [number, type, data, [[sort, words], ...], full length of the data if it was cut],
    its number that on the page of its capture.

    Raises:
        CaptureError: a capture cannot be read, or only in part.
    """
    sides = []
    for capture, which in ((first, 0), (second, 1)):
        events = [pair[which] for pair in pairs]
        wanted = {event.number for event in events if event is not None}
        found = dict(_said(capture, wanted))
        sides.append([event and _row(event, *found[event.number]) for event in events])
    return [list(pair) for pair in zip(*sides, strict=True)]


def _row(event: ComparedEvent, number: int, phrases: list[Row]) -> Row:
    data, size = event.data[:DATA_CHARACTERS], len(event.data)
    return [number, event.name, data, phrases, size if size > DATA_CHARACTERS else None]


def _said(capture: Capture, wanted: set[int]) -> Iterator[tuple[int, tuple[int, list[Row]]]]:
    """Yield of some messages their number, that among all events, and what they added."""
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    last = max(wanted, default=-1)
    number = position = -1
    for item, phrases, _ in Sayings(capture.request, messages).read(capture.records()):
        if number == last:
            return
        position += not isinstance(item, TimedComment)
        message = spoken(item)
        if message is not None:
            number += 1
            if number in wanted:
                yield number, (position, said.shown(phrases or [], message.data))
