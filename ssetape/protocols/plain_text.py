"""Plain text in `data:`, one piece per event, as many small servers and Replicate send it."""

from collections.abc import Iterator

from ssetape.facts import Done, Fact, Failure, Text
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, first_objects

NAME = "plain-text"

_SPOKEN = frozenset({"message", "output", "delta", "token", "data", "text", "chunk"})
_ENDS = frozenset({"done", "end", "close", "complete"})


def recognises(clues: Clues) -> bool:
    """Whether these are events, and none of them is or begins JSON."""
    if clues.is_websocket or any(first_objects(clues.messages)):
        return False
    spoken = [message for message in clues.messages if message.name in _SPOKEN]
    return any(message.data for message in spoken) and not any(
        message.data.lstrip()[:1] in ("{", "[") and not message.data.startswith(DONE)
        for message in spoken
    )


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
        elif message.name in _SPOKEN:
            if message.data:
                yield Text(message.data)
        elif message.name == "error":
            yield Failure(message.data, message.data)
        elif message.name in _ENDS:
            yield Done(message.name)
