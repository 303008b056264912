"""The events and messages of a capture, as rows that text formats share."""

from collections.abc import Iterator

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import WEBSOCKET, Message
from ssetape.meaning.reading import Meaning
from ssetape.messages.message import StreamMessage
from ssetape.tables.event_rows import EventRow, event_rows


def rows_of(capture: Capture, problems: list[str]) -> Iterator[EventRow]:
    """Give the rows of a capture, and add its damage to `problems`."""
    try:
        yield from event_rows(_messages(capture, problems))
    except CaptureError as error:
        problems.append(str(error))
    problems += [f"{capture.name}: {problem}" for problem in capture.problems]


def _messages(capture: Capture, problems: list[str]) -> Iterator[StreamMessage | Message]:
    if capture.kind == WEBSOCKET:
        yield from capture.messages()
        return
    meaning = Meaning(capture)
    yield from meaning.messages()
    problems += [f"{capture.name}: {problem}" for problem in meaning.problems]
