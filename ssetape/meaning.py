"""What a capture says: its messages, and their facts with their times."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from ssetape import protocols
from ssetape.answer import Answer, assemble
from ssetape.errors import DecodingError, EventTooLarge, FramingError, MessageError
from ssetape.facts import Fact
from ssetape.framings import StreamMessage, framing_of
from ssetape.records import WEBSOCKET
from ssetape.traffic import Traffic

if TYPE_CHECKING:
    from ssetape.capture import Capture

# More of them would say nothing that these do not.
_PROBLEMS_LIMIT = 20


class TimedFact(NamedTuple):
    """A fact, and when its message was complete (seconds since the request was sent)."""

    t_s: float
    fact: Fact


class Meaning:
    """What a capture says, read once and in order.

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

    def read(self) -> Iterator[tuple[StreamMessage, list[Fact]]]:
        """Give each message with what it says; nothing of those that nobody here understands."""
        messages = self.messages()
        first = list(islice(messages, protocols.FIRST_MESSAGES))
        capture = self._capture
        clues = protocols.Clues(capture.request, capture.response, first, capture.kind == WEBSOCKET)
        protocol = protocols.recognise(clues) if first else None
        reader = None
        if protocol is not None:
            self.protocol = protocol.NAME
            reader = protocol.Reader()
        for number, message in enumerate(chain(first, messages), 1):
            facts: list[Fact] = []
            if reader is not None:
                try:
                    facts.extend(reader.read(message))
                except MessageError as error:
                    self._tell(f"message #{number} at {message.t_s:.3f} s: {error}")
            yield message, facts

    def messages(self) -> Iterator[StreamMessage]:
        """Give what the body is framed into; nothing of a body that is not framed."""
        capture = self._capture
        if capture.kind == WEBSOCKET:
            for message in capture.messages():
                if not message.from_client:
                    self.traffic.add(message.t_s, len(message.data))
                text = message.text
                if text is not None and not message.dropped:
                    yield StreamMessage(
                        message.t_s, message.t_s, "", text, from_client=message.from_client
                    )
            return
        headers = capture.response.headers if capture.response else []
        try:
            framing = framing_of(headers, capture.chunks())
            framer = framing.framer(headers) if framing else None
        except DecodingError as error:
            self._tell(str(error))
            framer = None
        for chunk in capture.chunks():
            self.traffic.add(chunk.t_s, len(chunk.data))
            if framer is None:
                continue
            try:
                yield from framer.feed(chunk)
            except (DecodingError, EventTooLarge, FramingError) as error:
                self._tell(str(error))
                framer = None  # the rest is counted, and nothing more
        if framer is not None:
            yield from framer.end()

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
