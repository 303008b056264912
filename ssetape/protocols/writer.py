"""Writer's text completions: `{"value": "..."}`, without an end marker.

https://dev.writer.com/api-reference/completion-api/text-generation
"""

from collections.abc import Iterator

from ssetape.facts import Fact, Failure, Text
from ssetape.loose_json import parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "writer"


def recognises(clues: Clues) -> bool:
    values = list(first_objects(clues.messages))
    return bool(values) and all(
        value.keys() == {"value"} and type(value["value"]) is str for value in values
    )


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if value.get("error"):
            yield Failure(error_text(value["error"]), value["error"])
        if string(value.get("value")):
            yield Text(value["value"])
