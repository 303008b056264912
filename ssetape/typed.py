"""What an answer typed on the screen, piece by piece, with the moment of each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ssetape.answer import joined
from ssetape.facts import Text
from ssetape.meaning import Meaning

if TYPE_CHECKING:
    from ssetape.capture import Capture


class Typed(NamedTuple):
    """A piece of text.

    Attributes:
        t_s: when it came, in seconds since the request was sent.
        text: what is added. A character of two halves comes with its second half.
        replaces: whether all before it is void.
    """

    t_s: float
    text: str
    replaces: bool


def typed(capture: "Capture", problems: list[str]) -> Iterator[Typed]:
    """Give what was typed: the first answer's text, or, of what nobody here understands, the data.

    Args:
        problems: is told what could not be read.

    Raises:
        CaptureError: the capture cannot be read (further).
    """
    meaning = Meaning(capture)
    half = ""
    for message, facts in meaning.read():
        if meaning.protocol is None:
            if message.data and not message.from_client:
                yield Typed(message.t_s, f"{joined([message.data])}\n", False)
            continue
        for fact in facts:
            if isinstance(fact, Text) and fact.choice == 0:
                text, half = half + fact.text, ""
                if text and "\ud800" <= text[-1] <= "\udbff":
                    text, half = text[:-1], text[-1]
                if text or fact.replaces:
                    yield Typed(message.t_s, joined([text]), fact.replaces)
    problems += meaning.problems
