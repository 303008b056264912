"""DeepSeek's own web page: patches `{p, o, v}` of one answer.

Undocumented: this follows observed streams. Path and operation default to those before. The answer
is a list of fragments, each a thought or a text; older streams have one text of each kind.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, Text, Usage
from ssetape.loose_json import number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "deepseek-web"

_TOKENS = "accumulated_token_usage"
_ENDS = ("finish", "close")


def recognises(clues: Clues) -> bool:
    for value in first_objects(clues.messages):
        if "v" in value and _is_path(string(value.get("p"))):
            return True
        if "message_id" in obj(obj(value.get("v")).get("response")):
            return True
        if {"request_message_id", "response_message_id"} <= value.keys():
            return True
    return False


def _is_path(path: str) -> bool:
    return path.partition("/")[0] == "response"


class Reader:
    """Remembers the path of the last patch, and what each fragment is."""

    def __init__(self) -> None:
        self._path = ""
        self._fragments: list[str] = []

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if message.name in _ENDS:
            yield Done(message.name)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if message.name == "hint":
            if value.get("type") == "error":
                yield Failure(string(value.get("content")), value)
        elif number(value.get("code")):
            yield Failure(error_text(value), value)
        elif "v" in value and message.name in ("", "message"):
            self._path = string(value.get("p")) or self._path
            yield from self._patch(self._path, string(value.get("o")), value["v"])

    def _patch(self, path: str, operation: str, value: Any) -> Iterator[Fact]:
        if operation == "BATCH":
            for each in objects(value):
                inner = f"{path}/{string(each.get('p'))}"
                yield from self._patch(inner, string(each.get("o")), each.get("v"))
            return
        kind = path.rpartition("/")[2]
        if path in ("", "response"):
            yield from self._answer(obj(value) if path else obj(obj(value).get("response")))
        elif path == "response/fragments":
            for fragment in objects(value if type(value) is list else [value]):
                yield from self._fragment(fragment)
        elif path.startswith("response/fragments/"):
            if kind == "content":
                yield from self._text(self._kind_at(path), operation, string(value))
        elif kind in ("content", "thinking_content"):
            is_thought = kind == "thinking_content"
            yield from self._text("THINK" if is_thought else "", operation, string(value))
        elif kind == "status":
            if string(value) not in ("", "WIP"):
                yield Stop(value)
        elif kind == _TOKENS:
            if type(value) is int:
                yield Usage({_TOKENS: value})
        elif kind in ("search_results", "error"):
            yield Part(kind, value)

    def _answer(self, answer: dict[str, Any]) -> Iterator[Fact]:
        """Yield what an answer begins with."""
        if string(answer.get("role")):
            yield Role(answer["role"])
        for name in ("thinking_content", "content", "fragments"):
            yield from self._patch(f"response/{name}", "APPEND", answer.get(name))

    def _fragment(self, fragment: dict[str, Any]) -> Iterator[Fact]:
        self._fragments.append(string(fragment.get("type")))
        if string(fragment.get("content")):
            yield from self._text(self._fragments[-1], "APPEND", fragment["content"])
        elif fragment.get("results") or fragment.get("queries"):
            yield Part(self._fragments[-1], fragment)

    def _kind_at(self, path: str) -> str:
        """The kind of the fragment that a path is inside of; -1 is the last."""
        place = path.split("/")[2]
        try:
            return self._fragments[int(place[:9])]
        except (ValueError, IndexError):
            if self._fragments:
                raise MessageError(f"patch of {path[:60]!r}: this path does not exist") from None
            return ""

    def _text(self, kind: str, operation: str, text: str) -> Iterator[Fact]:
        if not text:
            return
        if kind == "THINK":
            yield Reasoning(text)
        elif kind in ("", "RESPONSE", "TEMPLATE_RESPONSE"):
            # Only the one text of older streams is set as a whole, by moderation.
            yield Text(text, replaces=operation == "SET")
        else:
            yield Part(kind, text)
