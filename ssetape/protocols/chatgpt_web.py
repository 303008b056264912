"""ChatGPT's own web page: `delta_encoding v1` or, in older streams, whole messages.

The answer is the assistant's last message addressed to all; messages to tools, and the user's own,
come in the same stream. The protocol is undocumented: this follows observed streams.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Model, Part, Reasoning, Role, Stop, Text, ToolCall
from ssetape.loose_json import items, obj, objects, parse, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects
from ssetape.protocols._patches import Trees

NAME = "chatgpt-web"

_THOUGHTS = ("thoughts", "reasoning_recap")
_SHOWN = ("text", "multimodal_text")


def recognises(clues: Clues) -> bool:
    if any(message.name == "delta_encoding" for message in clues.messages):
        return True
    return any(
        "author" in obj(value.get("message")) and "content" in obj(value.get("message"))
        for value in first_objects(clues.messages)
    )


class Reader:
    """Builds the messages that patches describe, and reports what each patch adds."""

    def __init__(self) -> None:
        self._trees = Trees()
        self._model = ""
        self._answer = ""  # the id of the message that is the answer so far
        self._reported: dict[str, str] = {}  # the text reported so far, by message
        self._stopped: set[str] = set()
        self._reported_parts: set[str] = set()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip() or message.name == "delta_encoding":
            return
        value = parse(message.data)
        if type(value) is not dict:
            return
        if message.name == "delta":
            value = obj(self._trees.apply(value))
        elif string(value.get("type")):
            if value["type"] == "message_stream_complete":
                yield Done(value["type"])
            return
        if error := value.get("error") or value.get("error_code") or value.get("detail"):
            yield Failure(error_text(error), error)
        if type(value.get("message")) is dict:
            yield from self._message(value["message"])

    def _message(self, message: dict[str, Any]) -> Iterator[Fact]:
        if string(obj(message.get("author")).get("role")) != "assistant":
            return
        metadata = obj(message.get("metadata"))
        model = string(metadata.get("model_slug"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        content = obj(message.get("content"))
        kind = string(content.get("content_type"))
        name = string(message.get("id"))
        recipient = string(message.get("recipient")) or "all"
        if kind in _THOUGHTS:
            yield from self._grown(name, "reasoning", _thoughts(content))
        elif recipient != "all":
            yield from self._call(name, recipient, _text(content))
        elif kind in _SHOWN and string(message.get("channel")) in ("", "final"):
            yield from self._shown(name, message, _text(content))

    def _shown(self, name: str, message: dict[str, Any], text: str) -> Iterator[Fact]:
        if not self._answer:
            yield Role("assistant")
        is_new = name != self._answer
        if is_new and self._answer and text:
            yield Text("", replaces=True)
        if is_new and (text or not self._answer):
            self._answer = name
        yield from self._grown(name, "text", text)
        finish = string(obj(obj(message.get("metadata")).get("finish_details")).get("type"))
        if finish and name not in self._stopped:
            self._stopped.add(name)
            yield Stop(finish)
        # Images and files, reported once their message is complete.
        if finish or string(message.get("status")).startswith("finished"):
            for part in objects(obj(message.get("content")).get("parts")):
                if name not in self._reported_parts:
                    yield Part(string(part.get("content_type")) or "part", part)
            self._reported_parts.add(name)

    def _call(self, name: str, recipient: str, text: str) -> Iterator[Fact]:
        if name not in self._reported:
            yield ToolCall(name, name, recipient)
        yield from self._grown(name, "call", text)

    def _grown(self, name: str, what: str, text: str) -> Iterator[Fact]:
        """Yield what a message has gained since it was last reported."""
        before = self._reported.get(name, "")
        self._reported[name] = text
        replaces = not text.startswith(before)
        added = text if replaces else text[len(before) :]
        if not added and not replaces:
            return
        if what == "call":
            yield ToolCall(name, arguments=added, replaces=replaces)
        else:
            # Reasoning adds up over several messages; the answer is only one message's.
            make = Text if what == "text" else Reasoning
            yield make(added, replaces=replaces and what == "text")


def _text(content: dict[str, Any]) -> str:
    parts = "".join(part for part in items(content.get("parts")) if type(part) is str)
    return parts or string(content.get("text"))


def _thoughts(content: dict[str, Any]) -> str:
    pieces = [string(thought.get("content")) for thought in objects(content.get("thoughts"))]
    return "\n\n".join(filter(None, pieces)) or string(content.get("content"))
