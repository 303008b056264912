"""A capture as an object: what `ssetape.open()` gives."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ssetape.format.file import CaptureFile
from ssetape.messages.events import TimedEvent, timed_events
from ssetape.messages.message import Item
from ssetape.messages.reading import MessageReader

if TYPE_CHECKING:
    from ssetape.meaning.answer import Answer
    from ssetape.meaning.reading import TimedFact
    from ssetape.measures.measurement import Measurement
    from ssetape.measures.milestones import Milestones


class Capture(CaptureFile):
    """One recorded exchange: its file, its messages, what they say, and when.

    Arguments, attributes and errors are those of `CaptureFile`. What is understood of a capture
    is loaded when it is asked for: many want only its file.
    """

    def events(self) -> Iterator[TimedEvent]:
        """Give the events of the body, decoded from its Content-Encoding.

        Raises:
            DecodingError: the body is not what its Content-Encoding says.
            EventTooLarge: an event passed the parser's limit.
        """
        return timed_events(self.chunks(), self.response.headers if self.response else [])

    def items(self) -> Iterator[Item]:
        """Give all messages, however they are framed, and the comments between events.

        Damage in the body ends them; `ssetape.messages.reading` has a reader that says so.
        """
        return MessageReader(None, self.is_websocket, name=self.name).read(self.records())

    def facts(self) -> Iterator["TimedFact"]:
        """Give what the messages say, each fact with its time: `ssetape.facts` has their kinds.

        Nothing comes of an unknown protocol.
        """
        from ssetape.meaning.reading import facts_of

        return facts_of(self)

    def answer(self) -> "Answer":
        """All that was said, put together: text, reasoning, tool calls, usage, ..."""
        from ssetape.meaning.reading import answer_of

        return answer_of(self)

    def text(self) -> str:
        """What a person saw of the answer; "" if there is none, or the protocol is unknown."""
        return self.answer().text

    def asked(self) -> list[tuple[str, str]]:
        """What the request says: (role, text) of each message in it; [] where none is found."""
        from ssetape.meaning.question import asked

        return asked(self.request)

    def milestones(self) -> "Milestones":
        """When what happened: head, first byte, first event, first text, ..., end."""
        return self.measure().milestones

    def measure(self) -> "Measurement":
        """Milestones, gaps, stalls, rates, tokens, and what other tools would report."""
        from ssetape.measures.measure import measure

        return measure(self)
