"""Decodes only what counts in the messages that most of a stream consists of.

msgspec skips the fields that a shape does not name, in half the time of parsing all of them. A
shape names every field that its protocol's reader looks at, so that a message which means anything
else does not fit, and is read by the general reader: `None` stands for a field that may only be
null, `Absent` for one that may not be there.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeVar, cast

from msgspec import UNSET, DecodeError, Meta, Struct, UnsetType
from msgspec.json import Decoder

from ssetape.facts import Text
from ssetape.loose_json import DEPTH_LIMIT

Shape = TypeVar("Shape", bound=Struct)
# What Text() calls, without its Python frame: a third of the time. Takes all of its fields.
new_text = cast(Callable[[tuple[Any, ...]], Text], partial(tuple.__new__, Text))


Absent = UnsetType
# Larger integers are floats to the general reader.
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Scalar = Integer | float | str | bool | None
Counts = dict[str, _Scalar | dict[str, _Scalar] | list[dict[str, _Scalar]]]


def fitting(shape: type[Shape]) -> Callable[[str], Shape | None]:
    """A function that decodes the messages of a shape; its result is None if one does not fit."""
    decode = Decoder(shape).decode

    def fit(data: str) -> Shape | None:
        # Deeper values are refused: they need this many brackets, of either side.
        if len(data) > 2 * DEPTH_LIMIT and data.count("{") + data.count("[") > DEPTH_LIMIT:
            return None
        try:
            return decode(data)
        except (DecodeError, UnicodeEncodeError):
            return None

    return fit


class ChatDelta(Struct, gc=False):
    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    annotations: None = None


class ChatChoice(Struct, gc=False):
    delta: ChatDelta
    index: Integer = 0
    text: str | None = None
    finish_reason: str | None = None
    stop_reason: str | None = None
    error: None = None


class ChatChunk(Struct, gc=False):
    """A chunk of Chat Completions with one choice, which calls no tools."""

    choices: tuple[ChatChoice]
    model: str | None = None
    usage: Counts | None = None
    x_groq: None = None
    error: None = None
    citations: None = None
    search_results: None = None


class AnthropicDelta(Struct, gc=False):
    type: Literal["text_delta", "thinking_delta", "input_json_delta"]
    text: str = ""
    thinking: str = ""
    partial_json: str = ""


class AnthropicPiece(Struct, gc=False):
    """A piece of a content block in Anthropic Messages."""

    type: Literal["content_block_delta"]
    delta: AnthropicDelta
    index: Integer = 0


class ResponsesPiece(Struct, gc=False):
    """A piece of text, reasoning or arguments in OpenAI Responses."""

    type: Literal[
        "response.output_text.delta",
        "response.reasoning_summary_text.delta",
        "response.reasoning_text.delta",
        "response.function_call_arguments.delta",
    ]
    delta: str
    output_index: Integer = 0
    content_index: Integer = 0
    summary_index: Integer = 0
    response: None = None
    error: None = None


class GeminiPart(Struct, gc=False):
    text: str
    thought: bool = False
    functionCall: Absent = UNSET


class GeminiContent(Struct, gc=False):
    parts: list[GeminiPart]
    role: str | None = None


class GeminiCandidate(Struct, gc=False):
    content: GeminiContent
    index: Integer = 0
    finishReason: str | None = None
    citationMetadata: None = None
    groundingMetadata: None = None


class GeminiChunk(Struct, gc=False):
    """A chunk of Gemini's with one candidate, all of whose parts are text."""

    candidates: tuple[GeminiCandidate]
    modelVersion: str | None = None
    usageMetadata: Counts | None = None
    response: None = None
    error: None = None
    promptFeedback: None = None


class OllamaMessage(Struct, gc=False):
    role: str | None = None
    content: str | None = None
    thinking: str | None = None
    tool_calls: None = None


class OllamaLine(Struct, gc=False):
    """A line of Ollama's that calls no tools; the last one is `done`."""

    done: bool
    model: str | None = None
    message: OllamaMessage | None = None
    response: str | None = None
    thinking: str | None = None
    error: None = None
