"""Recognises the protocol of messages, and turns each message into facts."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape import protocols
from ssetape.facts import Fact
from ssetape.format.file import CaptureFile
from ssetape.format.values import Record, Request
from ssetape.meaning.answer import Answer, AnswerDraft
from ssetape.meaning.guarded import GuardedReader, in_words
from ssetape.meaning.silence import Silence
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader, spoken

# More problems would add no information.
_PROBLEMS_LIMIT = 20


class TimedFact(NamedTuple):
    """A fact, and when its message was complete (seconds since the request was sent)."""

    t_s: float
    fact: Fact


# A message and its facts: none if the protocol is unknown.
Understood = tuple[StreamMessage, list[Fact]]


class Meaning:
    """Interprets the messages of one exchange: `feed` each as it arrives, then `end`.

    The first messages are held until the protocol can be recognised from them.

    Args:
        request: the exchange's request.
        messages: the reader of its messages, which knows the response head.

    Attributes:
        protocol: the protocol's name; None if it is unknown, or not recognised yet.
        problems: descriptions of what could not be read; the messages around it are read.
    """

    def __init__(self, request: Request, messages: MessageReader) -> None:
        self.messages = messages
        self.protocol: str | None = None
        self.problems: list[str] = []
        self._request = request
        # The messages held for recognition; None once that is over.
        self._first: list[StreamMessage] | None = []
        self._reader: GuardedReader | None = None
        self._number = 0
        self._silence = Silence()

    @classmethod
    def of(cls, capture: CaptureFile) -> "Meaning":
        """Create the meaning of a capture, for reading it from the start."""
        messages = MessageReader(None, capture.is_websocket, name=capture.name)
        return cls(capture.request, messages)

    @property
    def is_recognised(self) -> bool:
        """Whether recognition is over, successful or not."""
        return self._first is None

    def read(self, records: Iterable[Record]) -> Iterator[Understood]:
        """Yield each message of all records with its facts.

        Raises:
            CaptureError: (as `records`) the capture cannot be read, or only in part.
        """
        for item in self.messages.read(records):
            message = spoken(item)
            if message is not None:
                yield from self.feed(message)
        yield from self.end()

    def feed(self, message: StreamMessage) -> list[Understood]:
        """Return a message with its facts; the first ones only once there are enough of them."""
        if self._first is None:
            return [(message, self._facts(message))]
        self._first.append(message)
        if len(self._first) < protocols.FIRST_MESSAGES:
            return []
        self._recognise()
        return self._let_go()

    def feed_all(self, messages: Iterable[StreamMessage]) -> list[Understood]:
        """Return messages with their facts; equals `feed` for each."""
        understood: list[Understood] = []
        rest = iter(messages)
        while self._first is not None and (message := next(rest, None)) is not None:
            understood += self.feed(message)
        understood += [(message, self._facts(message)) for message in rest]
        return understood

    def pause(self) -> list[Understood]:
        """Return the held messages if they suffice for recognition: no more come for now."""
        return self._let_go() if self._first and self._recognise() else []

    def end(self) -> list[Understood]:
        """Return the messages still held, with their facts: no more come."""
        if self._first:
            self._recognise()
        if self.messages.damage is not None:
            self._note(str(self.messages.damage))
        rest = self._let_go()
        silence = self._silence.problem(self.protocol) if self.protocol is not None else None
        # Another problem explains it already.
        if silence is not None and not self.problems:
            self._note(silence)
        return rest

    def _let_go(self) -> list[Understood]:
        first, self._first = self._first or [], None
        return self.feed_all(first)

    def _recognise(self) -> bool:
        head, is_websocket = self.messages.head, self.messages.is_websocket
        clues = protocols.Clues(self._request, head, self._first or [], is_websocket)
        protocol = protocols.recognise(clues, self._failed)
        if protocol is not None:
            self.protocol = protocol.NAME
            self._reader = GuardedReader(protocol, self._note)
        return protocol is not None

    def _facts(self, message: StreamMessage) -> list[Fact]:
        self._number += 1
        if self._reader is None:
            return []
        facts = self._reader.read(message, self._number)
        if not self._silence.is_over:
            self._silence.see(message, facts)
        return facts

    def _failed(self, name: str, error: Exception) -> None:
        self._note(f"the protocol {name} failed to recognise the stream: {in_words(error)}")

    def _note(self, problem: str) -> None:
        if len(self.problems) < _PROBLEMS_LIMIT:
            self.problems.append(problem)
        elif len(self.problems) == _PROBLEMS_LIMIT:
            self.problems.append("and more")


def facts_of(capture: CaptureFile) -> Iterator[TimedFact]:
    """Yield the facts of a capture.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    for message, facts in Meaning.of(capture).read(capture.records()):
        for fact in facts:
            yield TimedFact(message.t_s, fact)


def answer_of(capture: CaptureFile) -> Answer:
    """Assemble the answer in a capture.

    Raises:
        CaptureError: the capture cannot be read.
    """
    meaning, draft = Meaning.of(capture), AnswerDraft()
    for _, facts in meaning.read(capture.records()):
        for fact in facts:
            draft.add(fact)
    return draft.finished(meaning.protocol, [*meaning.problems, *capture.problems])
