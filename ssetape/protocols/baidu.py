"""Baidu's Wenxin Workshop (ERNIE), its native API.

https://cloud.baidu.com/doc/WENXINWORKSHOP/s/clntwmv7t
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.loose_json import as_text, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "baidu"


def recognises(clues: Clues) -> bool:
    return any(map(_is_own, first_objects(clues.messages)))


def _is_own(value: dict[str, Any]) -> bool:
    return type(value.get("is_end")) is bool or (
        type(value.get("error_code")) is int and "error_msg" in value
    )


class Reader:
    """Counts the calls, each of which comes whole."""

    def __init__(self) -> None:
        self._calls = 0

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if value.get("error_code"):
            yield Failure(error_text(value), value)
        if string(value.get("result")):
            yield Text(value["result"])
        if call := obj(value.get("function_call")):
            self._calls += 1
            if string(call.get("thoughts")):
                yield Reasoning(call["thoughts"])
            arguments = as_text(call.get("arguments"))
            yield ToolCall(f"{self._calls}", "", string(call.get("name")), arguments)
        if value.get("search_info"):
            yield Part("search_info", value["search_info"])
        if usage := obj(value.get("usage")):
            yield Usage(usage)
        if value.get("is_end") is True:
            yield Stop(string(value.get("finish_reason")))
            yield Done("is_end")
