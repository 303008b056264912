"""IBM watsonx text generation. https://cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream"""

from collections.abc import Iterator

from ssetape.facts import Done, Fact, Failure, Model, Stop, Text, Usage
from ssetape.loose_json import items, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "watsonx"

_COUNTS = ("input_token_count", "generated_token_count")


def recognises(clues: Clues) -> bool:
    return any(
        "generated_text" in result
        for value in first_objects(clues.messages)
        for result in objects(value.get("results"))
    )


class Reader:
    """Remembers the counts: the first message has the input's, later ones have 0."""

    def __init__(self) -> None:
        self._model = ""
        self._counts = dict.fromkeys(_COUNTS, 0)

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        model = string(value.get("model_id"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        for error in items(value.get("errors")):
            yield Failure(error_text(error), error)
        for result in objects(value.get("results")):
            if string(result.get("generated_text")):
                yield Text(result["generated_text"])
            for name in _COUNTS:
                if type(result.get(name)) is int:
                    self._counts[name] = max(self._counts[name], result[name])
            reason = string(result.get("stop_reason"))
            if reason and reason != "not_finished":
                yield Usage(dict(self._counts))
                yield Stop(reason)
                yield Done("stop_reason")
