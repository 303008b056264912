"""What an answer typed on the screen, piece by piece, with the moment of each."""

from collections.abc import Iterator
from typing import NamedTuple

from ssetape.facts import Fact, Text
from ssetape.format.file import CaptureFile
from ssetape.meaning.answer import joined
from ssetape.meaning.reading import Meaning
from ssetape.messages.message import StreamMessage


class TypedText(NamedTuple):
    """A piece of text.

    Attributes:
        t_s: when it came, in seconds since the request was sent.
        text: what is added. A character of two halves comes with its second half.
        replaces: whether all before it is void.
    """

    t_s: float
    text: str
    replaces: bool


class Typist:
    """Types what messages say, as they are understood."""

    def __init__(self) -> None:
        self._half = ""

    def type(
        self, protocol: str | None, message: StreamMessage, facts: list[Fact]
    ) -> Iterator[TypedText]:
        """Give what a message adds: the first answer's text, or the data of an unknown protocol."""
        if protocol is None:
            if message.data and not message.from_client:
                yield TypedText(message.t_s, f"{joined([message.data])}\n", False)
            return
        for fact in facts:
            if isinstance(fact, Text) and fact.choice == 0:
                text, self._half = self._half + fact.text, ""
                if text and "\ud800" <= text[-1] <= "\udbff":
                    text, self._half = text[:-1], text[-1]
                if text or fact.replaces:
                    yield TypedText(message.t_s, joined([text]), fact.replaces)


def typed_text(capture: CaptureFile, problems: list[str]) -> Iterator[TypedText]:
    """Give what was typed in all.

    Args:
        problems: is told what could not be read.

    Raises:
        CaptureError: the capture cannot be read (further).
    """
    meaning, typist = Meaning.of(capture), Typist()
    for message, facts in meaning.read(capture.records()):
        yield from typist.type(meaning.protocol, message, facts)
    problems += meaning.problems
