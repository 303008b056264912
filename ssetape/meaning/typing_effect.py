"""An answer as it was typed on the screen: piece by piece, with times."""

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
        t_s: when it arrived, in seconds since the request was sent.
        text: the text to append. A split surrogate pair comes with its second half.
        replaces: whether it replaces all text before it.
    """

    t_s: float
    text: str
    replaces: bool


class Typist:
    """Turns messages and their facts into typed text."""

    def __init__(self) -> None:
        self._half = ""

    def type(
        self, protocol: str | None, message: StreamMessage, facts: list[Fact]
    ) -> Iterator[TypedText]:
        """Yield what a message adds: the first answer's text, or data in an unknown protocol."""
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
    """Yield all typed text of a capture.

    Args:
        problems: a list to append what could not be read to.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    meaning, typist = Meaning.of(capture), Typist()
    for message, facts in meaning.read(capture.records()):
        yield from typist.type(meaning.protocol, message, facts)
    problems += meaning.problems
