"""Agent2Agent, over JSON-RPC or plain HTTP. https://a2a-protocol.org/latest/topics/streaming-and-async

The text is that of the artifacts and of the agent's messages. Version 1.0 names the kind of an
event by its field (`artifactUpdate`), 0.2 and 0.3 by `kind`, 0.1 by the fields of the event.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Role, Stop, Text
from ssetape.loose_json import obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "a2a"

_FIELDS = {
    "artifactUpdate": "artifact-update",
    "statusUpdate": "status-update",
    "task": "task",
    "message": "message",
}  # in 1.0, and the `kind` of each before
_KINDS = frozenset(_FIELDS.values())
# States in which a task stays, or waits for a person; 1.0 writes `TASK_STATE_INPUT_REQUIRED`.
_ENDS = frozenset(
    {"completed", "failed", "canceled", "cancelled", "rejected", "input-required", "auth-required"}
)


def recognises(clues: Clues) -> bool:
    return any(map(is_event, first_objects(clues.messages)))


def is_event(value: dict[str, Any]) -> bool:
    """Whether a message, which may be JSON-RPC's, is an event of this protocol."""
    return bool(_event(value)[0])


def _event(value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind of an event, and the event; "" if the message is no event."""
    result = obj(value.get("result")) if value.get("jsonrpc") == "2.0" else value
    kind = string(result.get("kind"))
    if kind in _KINDS and ({"taskId", "contextId", "parts", "artifact"} & result.keys()):
        return kind, result
    for field, name in _FIELDS.items():
        inner = obj(result.get(field))
        # MCP has tasks too, whose status is a string.
        if "state" in obj(inner.get("status")) or {"artifact", "messageId"} & inner.keys():
            return name, inner
    if "jsonrpc" in value and "id" in result:
        if "artifact" in result:
            return "artifact-update", result
        if "state" in obj(result.get("status")):
            return "status-update" if "final" in result else "task", result
    return "", {}


class Reader:
    """Remembers the text of each artifact."""

    def __init__(self) -> None:
        self._artifacts: dict[str, TextSoFar] = {}

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.from_client or not message.data.strip():
            return
        value = parse_object(message.data)
        if error := value.get("error"):
            yield Failure(error_text(error), error)
        kind, event = _event(value)
        if kind == "artifact-update":
            yield from self._artifact(obj(event.get("artifact")), event.get("append") is True)
        elif kind == "message":
            yield from self._message(event)
            yield Done("message")
        elif kind:
            if kind == "task":
                for artifact in objects(event.get("artifacts")):
                    yield from self._artifact(artifact, False)
            yield from self._status(obj(event.get("status")), event.get("final") is True)

    def _artifact(self, artifact: dict[str, Any], is_appended: bool) -> Iterator[Fact]:
        name = string(artifact.get("artifactId"))
        so_far = self._artifacts.setdefault(name, TextSoFar())
        yield from _others(artifact)
        text = _text(artifact)
        if is_appended:
            yield from so_far.piece(text)
        elif text.startswith(so_far.text):
            yield from so_far.whole(text)
        else:
            # Only this artifact is replaced; the texts of the others stay.
            so_far.text = text
            for n, each in enumerate(self._artifacts.values()):
                yield Text(each.text, replaces=n == 0)

    def _status(self, status: dict[str, Any], is_final: bool) -> Iterator[Fact]:
        yield from self._message(obj(status.get("message")))
        state = string(status.get("state"))
        name = state.removeprefix("TASK_STATE_").lower().replace("_", "-")
        if name == "failed":
            yield Failure(_text(obj(status.get("message"))) or state, status)
        if is_final or name in _ENDS:
            yield Stop(state)
            yield Done("final" if is_final else state)

    def _message(self, message: dict[str, Any]) -> Iterator[Fact]:
        role = string(message.get("role"))
        if role not in ("agent", "ROLE_AGENT"):
            return
        yield Role(role)
        yield from _others(message)
        if text := _text(message):
            yield Text(text)


def _text(holder: dict[str, Any]) -> str:
    return "".join(string(part.get("text")) for part in objects(holder.get("parts")))


def _others(holder: dict[str, Any]) -> Iterator[Fact]:
    """Yield the parts other than text."""
    for part in objects(holder.get("parts")):
        if not string(part.get("text")):
            names = (name for name in ("data", "file", "url", "raw") if name in part)
            yield Part(string(part.get("kind")) or next(names, "part"), part)
