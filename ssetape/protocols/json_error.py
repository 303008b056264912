"""An error alone, as JSON: how most servers refuse a request, whatever they would have streamed."""

from collections.abc import Iterator

from ssetape.facts import Fact, Failure
from ssetape.loose_json import parse_object
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "json-error"


def recognises(clues: Clues) -> bool:
    """Whether there is nothing but objects with an error."""
    values = list(first_objects(clues.messages))
    return (
        bool(values)
        and len(values) == len(clues.messages)
        and all(type(value.get("error")) in (dict, str) and value["error"] for value in values)
    )


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        value = parse_object(message.data)
        if error := value.get("error"):
            yield Failure(error_text(error), error)
