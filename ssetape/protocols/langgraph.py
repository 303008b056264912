"""LangGraph's server. https://docs.langchain.com/langsmith/streaming

The event's type is the stream mode: `messages` has pieces, `messages/partial` the message so far,
`values` and `updates` whole messages, `events` LangChain's own events. A run may have several
modes at once; a message is known by its id.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part
from ssetape.loose_json import items, obj, objects, parse, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, parsed_once
from ssetape.protocols._langchain import Messages, is_message, plain

NAME = "langgraph"

_MODES = frozenset(
    {"values", "updates", "messages", "debug", "custom", "events", "tasks", "checkpoints"}
)


def recognises(clues: Clues) -> bool:
    names = [_mode(message) for message in clues.messages]
    # A run may fail at once; one of LangServe begins alike, and its output is `data`.
    is_failed = "error" in names and "data" not in names
    if any(name.startswith("messages/") for name in names):
        return True
    for name, message in zip(names, clues.messages, strict=True):
        if (
            name == "metadata"
            and "run_id" in obj(parsed_once(message.data))
            and (is_failed or _MODES.intersection(names))
        ):
            return True
        if name == "messages" and message.data.startswith("["):
            return True
    return False


def _mode(message: StreamMessage) -> str:
    """The stream mode; a subgraph's name follows it."""
    return message.name.partition("|")[0]


class Reader:
    """Remembers the messages, and whether they come by themselves or among LangChain's events."""

    def __init__(self) -> None:
        self._messages = Messages()
        self._has_messages = False

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        mode = _mode(message)
        if mode == "end":
            yield Done(mode)
        if not message.data.strip():
            return
        value = parse(message.data)
        if mode == "error":
            yield Failure(error_text(value), value)
        elif mode in ("messages/partial", "messages/complete"):
            for each in objects(value):
                yield from self._messages.facts(each, is_whole=True)
        elif mode == "messages":
            self._has_messages = True
            for each in objects(items(value)[:1]):
                # A node that does not stream gives its messages whole.
                is_piece = string(plain(each).get("type")).endswith("Chunk")
                yield from self._messages.facts(each, is_whole=not is_piece)
        elif mode == "events" and not self._has_messages:
            chunk = obj(obj(obj(value).get("data")).get("chunk"))
            if obj(value).get("event") == "on_chat_model_stream":
                yield from self._messages.facts(chunk, is_whole=False)
        elif mode == "values":
            yield from self._whole(value)
        elif mode == "updates":
            for update in obj(value).values():
                yield from self._whole(update)
        elif mode == "custom":
            yield Part(mode, value)

    def _whole(self, state: Any) -> Iterator[Fact]:
        """Yield the messages since the person's last; those before are of earlier runs."""
        new: list[dict[str, Any]] = []
        for each in objects(obj(state).get("messages")):
            is_asked = plain(each).get("type") in ("human", "HumanMessage")
            new = [] if is_asked else [*new, each]
        for each in filter(is_message, new):
            yield from self._messages.facts(each, is_whole=True)
