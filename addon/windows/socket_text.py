"""A WebSocket's messages as text: when each came, what it said, and its data."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from mitmproxy import http
from mitmproxy.websocket import WebSocketMessage

from ssetape.format.values import BYTES, SENT_BYTES, SENT_TEXT, TEXT, Request
from ssetape.messages.reading import MessageReader
from ssetape.output.printable import printable_lines
from ssetape.showing.rows import Content, Rows
from ssetape.showing.selected import Selected, data_of

from ..recorder import flows
from .reading import NotRecorded, Said, Speech

# Windows ask for one message after the other, of one flow.
_READINGS = 4
_NOT_OURS = "ssetape has not recorded this message"
_ROWS = Rows(Content.WORDS_ALONE, width=120)


class SocketTexts:
    """Makes the texts, and remembers what it has read of the flows that it was asked for last."""

    def __init__(self) -> None:
        self._readings: OrderedDict[str, SocketReading] = OrderedDict()

    def of(self, flow: http.HTTPFlow, message: WebSocketMessage) -> str:
        """A row with the time, and the data below.

        Raises:
            NotRecorded: the message was not recorded with its time.
        """
        if not has_message(flow, message) or flow.websocket is None:
            raise NotRecorded(_NOT_OURS)
        record = flow.metadata[flows.RECORDED]
        times: list[float] = record["messages"]
        messages = flow.websocket.messages[: len(times)]
        reading = self._readings.pop(flow.id, None)
        if reading is None or not reading.goes_on_with(messages):
            reading = SocketReading(flows.request(flow), record.get("before_s", 0.0))
        reading.read_on(messages, times)
        self._readings[flow.id] = reading
        if len(self._readings) > _READINGS:
            self._readings.popitem(last=False)
        return reading.text_of(message)


class SocketReading:
    """The texts of the messages of one flow.

    Args:
        before_s: when the message before the first one came.
    """

    def __init__(self, request: Request, before_s: float) -> None:
        self._messages: list[WebSocketMessage] = []
        self._places: dict[int, int] = {}  # by the message's identity
        self._rows: list[tuple[float, Said]] = []  # each with the time before
        self._before_s = before_s
        self._speech = Speech(request, MessageReader(is_websocket=True))

    def goes_on_with(self, messages: list[WebSocketMessage]) -> bool:
        """Whether these begin with those that were read, so that only the rest is to be read."""
        size = len(self._messages)
        return (
            self._speech.is_recognised
            and size <= len(messages)
            and (not size or messages[size - 1] is self._messages[-1])
        )

    def read_on(self, messages: list[WebSocketMessage], times: list[float]) -> None:
        """Read the messages that have not been read yet."""
        for place in range(len(self._messages), len(messages)):
            message = messages[place]
            self._places[id(message)] = place
            self._messages.append(message)
            self._add(self._speech.feed(_record(times[place], message)))
        self._add(self._speech.pause())

    def text_of(self, message: WebSocketMessage) -> str:
        """The text of a message; raises NotRecorded if it is not among them."""
        place = self._places.get(id(message))
        if place is None or place >= len(self._rows):
            raise NotRecorded(_NOT_OURS)
        before_s, (item, phrases) = self._rows[place]
        row = _ROWS.line(Selected(item, "", before_s, phrases))
        return f"{row}\n{printable_lines(data_of(item))}"

    def _add(self, came: Iterator[Said]) -> None:
        for said in came:
            self._rows.append((self._before_s, said))
            self._before_s = said.item.t_s


def _record(t_s: float, message: WebSocketMessage) -> list[object]:
    """The record of a message, as the capture has it."""
    codes = (SENT_TEXT, SENT_BYTES) if message.from_client else (TEXT, BYTES)
    marks = {name: True for name in ("dropped", "injected") if getattr(message, name)}
    return [t_s, codes[not message.is_text], message.content, marks]


def has_message(flow: Any, message: WebSocketMessage) -> bool:
    """Whether a message was recorded with its time: those that came after a failure were not."""
    record = getattr(flow, "metadata", {}).get(flows.RECORDED)
    socket = getattr(flow, "websocket", None)
    if not isinstance(record, dict) or "messages" not in record or socket is None:
        return False
    return not any(message is later for later in socket.messages[len(record["messages"]) :])
