"""Claude's own web page: the events of Anthropic's API, and what is left of the person's limit.

Undocumented: this follows observed streams. Older ones have completions, newer ones messages.
"""

from collections.abc import Iterator

from ssetape.facts import Fact, Part
from ssetape.loose_json import obj, parse_object
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, anthropic

NAME = "claude-web"


def recognises(clues: Clues) -> bool:
    return anthropic.is_of_the_page(clues) and anthropic.is_spoken(clues)


class Reader:
    """Passes each event to the reader of Anthropic's protocol."""

    def __init__(self) -> None:
        self._anthropic = anthropic.Reader()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        limit = obj(value.get("message_limit")) or obj(value.get("messageLimit"))
        if limit and limit.get("type") != "within_limit":
            yield Part("message_limit", limit)
        yield from self._anthropic.read(message)
