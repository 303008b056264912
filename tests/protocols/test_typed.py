"""Both readers of a protocol, the typed and the general one, say the same of whatever comes."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import VALUES, mutations, shape
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from protocol_samples import SAMPLES
from said import message
from shared_data import FOLDER, cases

import ssetape
from ssetape.errors import MessageError
from ssetape.meaning.guarded import is_sound
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import messages_of
from ssetape.protocols import (
    _typed,
    anthropic,
    gemini,
    ollama,
    openai_chat,
    openai_responses,
)

Write = Callable[..., Path]
Fact = dict[str, Any]

PROTOCOLS: dict[str, Any] = {
    each.NAME: each for each in (anthropic, gemini, ollama, openai_chat, openai_responses)
}
OWN = Path(ssetape.__file__).parents[1] / "samples"


def chat(*choices: Fact, **fields: Any) -> Fact:
    return {"id": "c", "object": "chat.completion.chunk", "choices": list(choices), **fields}


def choice(index: int = 0, **fields: Any) -> Fact:
    return {"index": index, "logprobs": None, "finish_reason": None, **fields}


def event(kind: str, **fields: Any) -> Fact:
    return {"type": kind, **fields}


def candidate(*parts: Fact, **fields: Any) -> Fact:
    return {"content": {"role": "model", "parts": list(parts)}, **fields}


# Messages that fit a shape, and those beside them that must not.
MESSAGES: dict[str, list[Any]] = {
    "openai-chat": [
        chat(choice(delta={"role": "assistant", "content": ""}), model="m"),
        chat(choice(delta={"content": "Hi", "reasoning": None}), model="m", usage=None),
        chat(choice(delta={"content": "Hi"}), choice(1, delta={"content": "Ho"}, text="Ho")),
        chat(choice(delta={"reasoning": "Hm", "reasoning_content": "Hm", "tool_calls": None})),
        chat(choice(delta={"content": "."}, stop_reason="end"), usage={"completion_tokens": 2}),
        chat(choice(delta={"content": None})),
        chat(choice(delta={}, finish_reason="stop")),
        chat(choice(delta={"tool_calls": [{"index": 0, "id": "t", "function": {"name": "f"}}]})),
        chat(choice(delta={"content": [{"type": "text", "text": "Hi"}]})),
        {"object": "chat.completion", "choices": [choice(message={"content": "Hi."})]},
        chat(usage={"completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 0}}),
        ("error", chat(choice(delta={"content": "Hi"}))),
        "[DONE]",
    ],
    "anthropic": [
        event("content_block_start", index=1, content_block=event("tool_use", id="t", name="f")),
        event("content_block_delta", index=0, delta=event("text_delta", text="Hi")),
        event("content_block_delta", index=0, delta=event("thinking_delta", thinking="Hm")),
        event("content_block_delta", index=1, delta=event("input_json_delta", partial_json="{}")),
        event("content_block_delta", index=1, delta=event("input_json_delta", partial_json="")),
        event("content_block_delta", index=0, delta=event("signature_delta", signature="s")),
        event("content_block_delta", index=0, delta=event("citations_delta", citation={"a": 1})),
        event("content_block_stop", index=1),
        ("content_block_delta", {"index": 0, "delta": event("text_delta", text="Hi")}),
        event("ping"),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2}),
    ],
    "openai-responses": [
        event("response.created", response={"model": "m"}),
        event("response.output_text.delta", output_index=0, content_index=0, delta="Hi"),
        event("response.reasoning_summary_text.delta", output_index=1, summary_index=1, delta="a"),
        event("response.output_text.done", output_index=0, content_index=0, text="Hi."),
        event("response.output_text.delta", output_index=0, delta=" Ho", response={"model": "n"}),
        event("response.reasoning_summary_text.done", output_index=1, summary_index=1, text="ab"),
        event("response.reasoning_summary_text.delta", output_index=1, summary_index=2, delta=""),
        event("response.reasoning_text.delta", output_index=1, delta="Hm"),
        event("response.function_call_arguments.delta", output_index=2, delta="{}"),
        event("response.output_item.done", output_index=2, item=event("function_call", id="t")),
        ("response.output_text.delta", {"delta": "Hi"}),
        event("response.completed", response={"status": "completed"}),
    ],
    "gemini": [
        {"candidates": [candidate({"text": "Hi"})], "usageMetadata": {"candidatesTokenCount": 2}},
        {"candidates": [candidate({"text": "Hm", "thought": True}, {"text": "Hi"}, index=1)]},
        {"candidates": [candidate({"text": ""}, finishReason="STOP")], "modelVersion": "m"},
        {"candidates": [candidate({"text": ".", "functionCall": None}, finishReason="STOP")]},
        {"candidates": [candidate({"functionCall": {"name": "f", "args": {}}})]},
        {"candidates": [candidate({"text": "", "inlineData": {}}, {"text": "Hi"})]},
        {"response": {"candidates": [candidate({"text": "Hi"})]}},
        {"usageMetadata": {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}]}},
    ],
    "ollama": [
        {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": False},
        {"model": "m", "message": {"content": "", "thinking": "Hm"}, "done": False},
        {"model": "m", "response": "Hi", "thinking": "Hm", "done": False},
        {"message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done": False},
        {"model": "m", "response": ".", "done": True, "done_reason": "stop", "eval_count": 2},
        {"error": "no", "done": False},
    ],
}


class Both:
    """The two readers of a protocol, which read the same messages."""

    def __init__(self, protocol: Any) -> None:
        self._typed, self._general = protocol.Reader(), protocol.Reader()

    def agree(self, messages: Iterable[StreamMessage]) -> None:
        for each in messages:
            # As text: 1, 1.0 and True are equal otherwise.
            typed = self._typed.read_typed(each)
            found = _told(self._typed.read, each) if typed is None else repr(typed)
            assert found == _told(self._general.read, each), each.data[:500]
            assert all(map(is_sound, typed or ()))


def _told(read: Callable[[StreamMessage], Iterable[Any]], said: StreamMessage) -> str:
    found: list[Any] = []
    try:
        for fact in read(said):
            found.append(fact)  # what came before an error counts too
    except MessageError as error:
        found.append(str(error))
    return repr(found)


def known(name: str) -> list[StreamMessage]:
    samples = [each for each in SAMPLES[name].said if type(each) is not str]
    return list(map(message, [*MESSAGES[name], *samples]))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_shape_takes_what_it_is_for(name: str) -> None:
    """Without this, readers that never use it would agree."""
    fit = PROTOCOLS[name]._fit
    assert isinstance(fit(known(name)[1].data), Struct)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_they_agree_on_values_of_every_type_at_every_place(name: str) -> None:
    both, draw = Both(PROTOCOLS[name]), random.Random(name)
    messages = known(name)
    both.agree(messages)
    for each in messages:
        if each.data.startswith("{"):
            for text in mutations(json.loads(each.data)):
                both.agree([each._replace(data=text), draw.choice(messages)])


@pytest.mark.parametrize("name", PROTOCOLS)
def test_they_agree_on_every_truncation(name: str) -> None:
    both = Both(PROTOCOLS[name])
    for each in known(name):
        both.agree(each._replace(data=each.data[:size]) for size in range(len(each.data)))


PIECES = st.one_of(
    st.sampled_from([*VALUES[:21], '"', "{", "}", "[", "]", ",", ":", "\\", "\ud800", "\x00", " "]),
    st.text(max_size=3),
)


@given(st.data())
def test_they_agree_on_any_order_and_any_damage(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(PROTOCOLS)))
    both = Both(PROTOCOLS[name])
    for each in data.draw(st.lists(st.sampled_from(known(name)), max_size=8)):
        at = data.draw(st.integers(0, len(each.data)))
        beyond = data.draw(st.integers(at, min(at + 8, len(each.data))))
        piece = data.draw(st.one_of(st.just(each.data[at:beyond]), PIECES))
        both.agree([each._replace(data=each.data[:at] + piece + each.data[beyond:]), each])


@pytest.mark.parametrize("name", PROTOCOLS)
def test_they_agree_on_fields_named_twice(name: str) -> None:
    both = Both(PROTOCOLS[name])
    for first in known(name):
        for second in known(name):
            if first.data[0] == second.data[0] == "{":
                both.agree([first._replace(data=f"{first.data[:-1]},{second.data[1:]}")])


@pytest.mark.parametrize("path", sorted(OWN.glob("*.ssetape")), ids=lambda path: path.stem)
def test_they_agree_on_the_samples(path: Path) -> None:
    _agree_on_stream(list(messages_of(ssetape.open(path))))


@pytest.mark.parametrize("case", cases("real/INDEX.json", "file"))
def test_they_agree_on_real_streams(case: dict[str, Any], capture_file: Write) -> None:
    body = (FOLDER / "real" / case["file"]).read_bytes()
    path = capture_file([(1.0, body)], headers=[("content-type", case["content_type"])])
    _agree_on_stream(list(messages_of(ssetape.open(path))))


def _agree_on_stream(messages: list[StreamMessage]) -> None:
    """Every protocol's readers read it, whichever it is; then what is odd of each structure."""
    for protocol in PROTOCOLS.values():
        both = Both(protocol)
        both.agree(messages)
        both.agree(_odd(messages))
        both.agree(messages)


def _odd(messages: list[StreamMessage]) -> Iterator[StreamMessage]:
    seen = set()
    draw = random.Random(len(messages))
    for each in messages:
        try:
            kind = shape(json.loads(each.data))
        except ValueError:
            continue
        if kind in seen:
            continue
        seen.add(kind)
        for _ in range(20):
            at = draw.randrange(len(each.data))
            yield each._replace(data=each.data[:at])
            yield each._replace(data=each.data[:at] + draw.choice(VALUES) + each.data[at:])
            yield each._replace(data=each.data[:at] + each.data[at + 1 :])


def test_values_too_deep_do_not_fit() -> None:
    fit = _typed.fitting(_typed.OllamaLine)
    deep = "[" * (_typed.DEPTH_LIMIT + 1) + "]" * (_typed.DEPTH_LIMIT + 1)
    assert fit('{"done": false, "x": [[]]}') is not None
    assert fit(f'{{"done": false, "x": {deep}}}') is None
