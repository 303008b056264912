"""NVIDIA Triton's generate extension, as TensorRT-LLM and vLLM use it; it has no end marker.

https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_generate.html
Whether `text_output` is a piece or the text so far depends on the server's settings.
"""

from collections.abc import Iterator

from ssetape.facts import Fact, Failure, Stop, Usage
from ssetape.loose_json import items, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import ModelName, error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "triton"

_COUNTS = ("num_input_tokens", "num_output_tokens")


def recognises(clues: Clues) -> bool:
    if any("text_output" in value for value in first_objects(clues.messages)):
        return True
    path = clues.request.url.partition("?")[0]
    return (
        "/v2/models/" in path
        and path.endswith("/generate_stream")
        and any("error" in value for value in first_objects(clues.messages))
    )


class Reader:
    """Remembers the text so far."""

    def __init__(self) -> None:
        self._model = ModelName()
        self._text = TextSoFar()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if error := value.get("error"):
            yield Failure(error_text(error), error)
        yield from self._model.facts(value.get("model_name"))
        output = value.get("text_output")
        yield from self._text.either(string(output) or "".join(map(string, items(output))))
        if counts := {name: value[name] for name in _COUNTS if type(value.get(name)) is int}:
            yield Usage(counts)
        if string(value.get("finish_reason")):
            yield Stop(value["finish_reason"])
