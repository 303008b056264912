"""llama.cpp's own `/completion`.

https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
The `index` is that of the prompt, if the request has several. Older servers have a field for each
reason to stop (`stopped_eos`).
"""

from collections.abc import Iterator

from ssetape.facts import Done, Fact, Failure, Part, Stop, Text, Usage
from ssetape.loose_json import number, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, ModelName, error_text, first_objects

NAME = "llamacpp"

_COUNTS = ("tokens_evaluated", "tokens_predicted", "tokens_cached")
_STOPPED = ("stopped_eos", "stopped_word", "stopped_limit")


def recognises(clues: Clues) -> bool:
    return any(
        type(value.get("stop")) is bool and type(value.get("content")) is str
        for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the model's name."""

    def __init__(self) -> None:
        self._model = ModelName()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        choice = number(value.get("index"))
        if error := value.get("error"):
            yield Failure(error_text(error), error)
        yield from self._model.facts(value.get("model"))
        if string(value.get("content")):
            yield Text(value["content"], choice)
        if value.get("stop") is True:
            if counts := {name: value[name] for name in _COUNTS if name in value}:
                yield Usage(counts)
            if timings := obj(value.get("timings")):
                yield Part("timings", timings)
            old = (name.removeprefix("stopped_") for name in _STOPPED if value.get(name) is True)
            yield Stop(string(value.get("stop_type")) or next(old, ""), choice)
            yield Done("stop")
