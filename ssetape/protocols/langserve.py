"""LangServe: a chain's output in pieces, its log, or its events.

https://github.com/langchain-ai/langserve#endpoints
"""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Failure, Part, Text
from ssetape.loose_json import obj, objects, parse, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, parsed_once
from ssetape.protocols._langchain import Messages, is_message

NAME = "langserve"

_OUTPUTS = ("output", "answer", "result", "text")


def recognises(clues: Clues) -> bool:
    said = [parsed_once(each.data) for each in clues.messages if each.name == "data"]
    begun = (parsed_once(each.data) for each in clues.messages if each.name == "metadata")
    is_run = any("run_id" in obj(value) for value in begun)
    return any(is_run or _is_own(obj(value)) for value in said)


def _is_own(value: dict[str, Any]) -> bool:
    ops = objects(value.get("ops"))
    return (
        is_message(value)
        or string(value.get("event")).startswith("on_")
        or any("path" in each and "op" in each for each in ops)
    )


class Reader:
    """Remembers the messages of the chain's models."""

    def __init__(self) -> None:
        self._messages = Messages()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.name == "end":
            yield Done("end")
        elif message.name == "error":
            try:
                error: Any = parse(message.data)
            except MessageError:
                error = message.data
            yield Failure(error_text(error), error)
        elif message.name == "data" and message.data.strip():
            value = parse(message.data)
            ops = obj(value).get("ops")
            if type(ops) is list:
                for each in objects(ops):
                    if string(each.get("path")) == "/streamed_output/-":
                        yield from self._output(each.get("value"))
            elif string(obj(value).get("event")).startswith("on_"):
                if value["event"] == "on_chat_model_stream":
                    yield from self._output(obj(value.get("data")).get("chunk"))
            else:
                yield from self._output(value)

    def _output(self, value: Any) -> Iterator[Fact]:
        """Yield a piece of the output: a text, a message, or an object of the chain."""
        if type(value) is str:
            if value:
                yield Text(value)
        elif is_message(obj(value)):
            yield from self._messages.facts(value, is_whole=False)
        elif type(value) is dict:
            for name in _OUTPUTS:
                if string(value.get(name)):
                    yield Text(value[name])
                    return
                if is_message(obj(value.get(name))):
                    yield from self._messages.facts(value[name], is_whole=False)
                    return
            yield Part("output", value)
