"""What a capture says: its messages, and their facts with their times."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ssetape import protocols
from ssetape.errors import DecodingError, EventTooLarge, FramingError, MessageError
from ssetape.facts import Fact
from ssetape.format.reader import Record, parse_message
from ssetape.format.values import BYTES, SOCKET_CODES, TEXT, WEBSOCKET, Chunk, Message
from ssetape.meaning.answer import Answer, assemble
from ssetape.messages.arrivals import Traffic
from ssetape.messages.framing import Framer, StreamMessage, framing_of

if TYPE_CHECKING:
    from ssetape.capture import Capture

# More of them would say nothing that these do not.
_PROBLEMS_LIMIT = 20


class TimedFact(NamedTuple):
    """A fact, and when its message was complete (seconds since the request was sent)."""

    t_s: float
    fact: Fact


Understood = tuple[StreamMessage, list[Fact]]


class Meaning:
    """What a capture says, read once and in order: pulled, or fed with records as they come.

    Attributes:
        protocol: the protocol's name, or None: it is not known here, or not looked at yet.
        problems: what could not be read, in words; messages before and after it are read.
        traffic: what came of the body, as far as it was read.
    """

    def __init__(self, capture: "Capture") -> None:
        self._capture = capture
        self.protocol: str | None = None
        self.problems: list[str] = []
        self.traffic = Traffic()
        self._framer: Framer | None = None
        self._is_framed = False
        # The messages that the protocol is recognised by, or None: it was looked at.
        self._first: list[StreamMessage] | None = []
        self._reader: protocols.Reader | None = None
        self._number = 0

    def facts(self) -> Iterator[TimedFact]:
        """Give the facts.

        Raises:
            CaptureError: the capture cannot be read (further).
        """
        for message, facts in self.read():
            for fact in facts:
                yield TimedFact(message.t_s, fact)

    def recognise(self) -> None:
        """Find out the protocol, from no more of the capture than that takes."""
        for _ in self.read():
            return

    def read(self) -> Iterator[Understood]:
        """Give each message with what it says; nothing of those that nobody here understands."""
        for message in self.messages():
            if self._first is None:
                yield message, self._facts(message)
            else:
                yield from self.understand(message)
        yield from self.understand_rest()

    def messages(self) -> Iterator[StreamMessage]:
        """Give what the body is framed into; nothing of a body that is not framed."""
        for record in self._capture.records():
            yield from self.feed(record)
        yield from self.feed_end()

    def feed(self, record: Record) -> Iterator[StreamMessage]:
        """Give the messages that a record completes, of a capture whose head has come."""
        if self._capture.kind == WEBSOCKET:
            if record[1] in SOCKET_CODES:
                yield from self._feed_message(parse_message(record))
        elif record[1] in (TEXT, BYTES):
            chunk = Chunk(record[0], record[2])
            self.traffic.add(chunk.t_s, len(chunk.data))
            if not self._is_framed:
                self._is_framed = True
                self._find_framer()
            if self._framer is not None:
                try:
                    yield from self._framer.feed(chunk)
                except (DecodingError, EventTooLarge, FramingError) as error:
                    self._tell(str(error))
                    self._framer = None  # the rest is counted, and nothing more

    def feed_end(self) -> Iterator[StreamMessage]:
        """Give what the end of the records completes."""
        if self._framer is not None:
            yield from self._framer.end()

    def understand(self, message: StreamMessage) -> Iterator[Understood]:
        """Give what a message says; of the first ones once there are enough to know them by."""
        if self._first is None:
            yield message, self._facts(message)
            return
        self._first.append(message)
        if len(self._first) == protocols.FIRST_MESSAGES:
            yield from self.understand_rest()

    def understand_rest(self) -> Iterator[Understood]:
        """Give what the messages say that were held back: no more come."""
        if self._first:
            self._recognise()
        first, self._first = self._first or [], None
        for message in first:
            yield message, self._facts(message)

    def understand_early(self) -> Iterator[Understood]:
        """Give what they say if their protocol can be told from so few: no more come for now."""
        if self._first and self._recognise():
            yield from self.understand_rest()

    def _recognise(self) -> bool:
        capture, first = self._capture, self._first or []
        clues = protocols.Clues(capture.request, capture.response, first, capture.kind == WEBSOCKET)
        protocol = protocols.recognise(clues)
        if protocol is not None:
            self.protocol = protocol.NAME
            self._reader = protocol.Reader()
        return protocol is not None

    def _feed_message(self, message: Message) -> Iterator[StreamMessage]:
        if not message.from_client:
            self.traffic.add(message.t_s, len(message.data))
        text = message.text
        if text is not None and not message.dropped:
            yield StreamMessage(message.t_s, message.t_s, "", text, from_client=message.from_client)

    def _facts(self, message: StreamMessage) -> list[Fact]:
        self._number += 1
        facts: list[Fact] = []
        if self._reader is not None:
            try:
                facts.extend(self._reader.read(message))
            except MessageError as error:
                self._tell(f"message #{self._number} at {message.t_s:.3f} s: {error}")
        return facts

    def _find_framer(self) -> None:
        """Find out what frames the body, from another reading of its start."""
        headers = self._capture.response.headers if self._capture.response else []
        again = type(self._capture)(self._capture.path, name=self._capture.name)
        try:
            framing = framing_of(headers, again.chunks())
            self._framer = framing.framer(headers) if framing else None
        except DecodingError as error:
            self._tell(str(error))

    def _tell(self, problem: str) -> None:
        if len(self.problems) < _PROBLEMS_LIMIT:
            self.problems.append(problem)
        elif len(self.problems) == _PROBLEMS_LIMIT:
            self.problems.append("and more")


def answer_of(capture: "Capture") -> Answer:
    """All that a capture says, put together.

    Raises:
        CaptureError: the capture cannot be read.
    """
    meaning = Meaning(capture)
    answer = assemble(None, (timed.fact for timed in meaning.facts()))
    answer.protocol = meaning.protocol
    answer.problems = [*meaning.problems, *capture.problems]
    return answer
