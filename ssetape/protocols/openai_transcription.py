"""OpenAI transcriptions. https://platform.openai.com/docs/api-reference/audio"""

from collections.abc import Iterator

from ssetape.facts import Done, Fact, Failure, Part, Text, Usage
from ssetape.loose_json import obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "openai-transcription"


def recognises(clues: Clues) -> bool:
    return not clues.is_websocket and any(
        string(value.get("type")).startswith("transcript.text.")
        for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the text so far: a transcript may come only as a whole."""

    def __init__(self) -> None:
        self._text = ""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type"))
        if kind == "transcript.text.delta":
            if delta := string(value.get("delta")):
                self._text += delta
                yield Text(delta)
        elif kind == "transcript.text.done":
            text = string(value.get("text"))
            if text and text != self._text:
                yield Text(text, replaces=bool(self._text))
            if usage := obj(value.get("usage")):
                yield Usage(usage)
            yield Done(kind)
        elif kind == "error" or value.get("error"):
            yield Failure(error_text(value), value)
        elif kind:
            yield Part(kind, value)
