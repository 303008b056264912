"""A WebSocket's messages as text: when each came, what it said, and its data."""

from collections import OrderedDict
from collections.abc import Iterator

from mitmproxy import http
from mitmproxy.websocket import WebSocketMessage

from ssetape.format.values import BYTES, SENT_BYTES, SENT_TEXT, TEXT, Request
from ssetape.messages.reading import MessageReader
from ssetape.output.printable import printable_lines
from ssetape.showing.rows import Content, Rows
from ssetape.showing.selected import Selected, data_of

from ..recorder import flows
from .reading import Said, Speech

# Windows ask for one message after the other, of one flow.
_READINGS = 4
_ROWS = Rows(Content.WORDS_ALONE, width=120)


class SocketTexts:
    """Makes the texts, and remembers what it has read of the flows that it was asked for last."""

    def __init__(self) -> None:
        self._readings: OrderedDict[str, SocketReading] = OrderedDict()

    def of(self, flow: http.HTTPFlow, message: WebSocketMessage) -> str:
        """A row with the time, and the data below.

        Raises:
            ValueError: the message was not recorded with its time.
        """
        if not has_messages(flow) or flow.websocket is None:
            raise ValueError("ssetape has not recorded this message")
        # The newest stand at the end of both.
        messages, times = flow.websocket.messages, flow.metadata[flows.RECORDED]["messages"]
        size = min(len(messages), len(times))
        messages, times = messages[len(messages) - size :], times[len(times) - size :]
        reading = self._readings.pop(flow.id, None)
        if reading is None or not reading.goes_on_with(messages):
            reading = SocketReading(flows.request(flow))
        reading.read_on(messages, times)
        self._readings[flow.id] = reading
        if len(self._readings) > _READINGS:
            self._readings.popitem(last=False)
        return reading.text_of(message)


class SocketReading:
    """The texts of the messages of one flow."""

    def __init__(self, request: Request) -> None:
        self._messages: list[WebSocketMessage] = []
        self._places: dict[int, int] = {}  # by the message's identity
        self._rows: list[tuple[float, Said]] = []  # each with the time before
        self._before_s = 0.0
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
        """The text of a message; raises ValueError if it is not among them."""
        place = self._places.get(id(message))
        if place is None or place >= len(self._rows):
            raise ValueError("ssetape has not recorded this message")
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


def has_messages(flow: object) -> bool:
    """Whether a flow has messages that were recorded with their times."""
    record = getattr(flow, "metadata", {}).get(flows.RECORDED)
    return isinstance(record, dict) and "messages" in record
