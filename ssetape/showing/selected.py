"""What is shown of an item: selected by options or by a window. Pure."""

from typing import NamedTuple

from ssetape.format.values import Message
from ssetape.meaning.phrases import Phrase
from ssetape.messages.message import Item, StreamMessage, TimedComment


class Selected(NamedTuple):
    """An item that is selected.

    Attributes:
        text: the data to show.
        before_s: the time of the item before it in the stream, selected or not: a stall stays where
            it was, whatever is left out.
        phrases: what it added to the answer, as in `Saying`.
    """

    item: Item
    text: str
    before_s: float
    phrases: list[Phrase] | None


def event_of(item: Item) -> str | None:
    """The type of an event; `text` or `binary` for a WebSocket message; None for a comment."""
    if isinstance(item, StreamMessage):
        return item.name
    if isinstance(item, Message):
        return "text" if item.is_text else "binary"
    return None


def data_of(item: Item) -> str:
    """The data of an item as text; bytes that are not text in hexadecimal."""
    if isinstance(item, TimedComment):
        return item.text
    if isinstance(item, Message):
        return item.data.hex(" ") if item.text is None else item.text
    return item.data
