"""The capture object that `ssetape.open()` returns."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ssetape.format.file import CaptureFile

if TYPE_CHECKING:
    from ssetape.meaning.answer import Answer
    from ssetape.meaning.reading import TimedFact
    from ssetape.measures.measurement import Measurement
    from ssetape.measures.milestones import Milestones
    from ssetape.messages.events import TimedEvent
    from ssetape.messages.message import Item


class Capture(CaptureFile):
    """One recorded exchange: its file, its messages, its answer and its timing.

    Arguments, attributes and errors are those of `CaptureFile`. The code that reads and
    interprets messages is imported on first use, because many callers need only the file.
    """

    def events(self) -> Iterator["TimedEvent"]:
        """Yield the events of the body, after decoding its Content-Encoding.

        Raises:
            DecodingError: the body cannot be decoded as its Content-Encoding says.
            EventTooLarge: an event exceeded the parser's limit.
        """
        from ssetape.messages.events import timed_events

        return timed_events(self.chunks(), self.response.headers if self.response else [])

    def items(self) -> Iterator["Item"]:
        """Yield all messages, however they are framed, and the comments between events.

        Stops silently at damage in the body; `ssetape.messages.reading.MessageReader` reports it.
        """
        from ssetape.messages.reading import MessageReader

        return MessageReader(None, self.is_websocket, name=self.name).read(self.records())

    def facts(self) -> Iterator["TimedFact"]:
        """Yield what the messages say as timed facts; `ssetape.facts` has their kinds.

        An unknown protocol yields none.
        """
        from ssetape.meaning.reading import facts_of

        return facts_of(self)

    def answer(self) -> "Answer":
        """The assembled answer: text, reasoning, tool calls, usage, ..."""
        from ssetape.meaning.reading import answer_of

        return answer_of(self)

    def text(self) -> str:
        """The answer's text as shown to a person; "" if it has none or its protocol is unknown."""
        return self.answer().text

    def asked(self) -> list[tuple[str, str]]:
        """The messages in the request, as (role, text); [] if none are found."""
        from ssetape.meaning.question import asked

        return asked(self.request)

    def milestones(self) -> "Milestones":
        """The times of the named moments: head, first byte, first event, first text, ..., end."""
        return self.measure().milestones

    def measure(self) -> "Measurement":
        """Milestones, gaps, stalls, rates, tokens, and the figures other tools would report."""
        from ssetape.measures.measure import measure

        return measure(self)
