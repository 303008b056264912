"""Other tools' figures, worked out by hand from their definitions."""

import pytest

from ssetape.facts import Text
from ssetape.measures.other_tools import OtherTools
from ssetape.messages.framing import StreamMessage
from ssetape.protocols import anthropic, openai_chat

# Chat Completions: an empty delta, reasoning, an empty piece, text, text, a stop, usage, [DONE].
CHAT = [
    (1.0, '{"choices":[{"delta":{"role":"assistant","content":""}}]}'),
    (1.5, '{"choices":[{"delta":{"reasoning":"hm"}}]}'),
    (1.7, '{"choices":[{"delta":{"content":""}}]}'),
    (2.0, '{"choices":[{"delta":{"content":"a"}}]}'),
    (2.3, '{"choices":[{"delta":{"content":"b"}}]}'),
    (2.6, '{"choices":[{"delta":{},"finish_reason":"stop"}]}'),
    (2.9, '{"choices":[],"usage":{"completion_tokens":5}}'),
    (3.0, "[DONE]"),
]


def figures(
    protocol: object, said: list[tuple[float, str]], tokens: int | None, name: str
) -> dict[str, float | None]:
    reader = protocol.Reader()  # type: ignore[attr-defined]
    made = OtherTools(name)
    for t_s, data in said:
        message = StreamMessage(t_s, t_s, "message", data)
        made.see(message, list(reader.read(message)))
    return {f"{f.tool.partition(',')[0]} {f.name}": f.value_s for f in made.figures(tokens)}


def test_several_texts_are_seen_as_one_by_one() -> None:
    one, many = OtherTools("openai-chat"), OtherTools("openai-chat")
    times = [1.0, 1.5, 1.25, 3.0, 3.0]
    for t_s in times:
        one.see(StreamMessage(t_s, t_s, "message", ""), [Text("a")])
    many.see(StreamMessage(1.0, 1.0, "message", ""), [Text("a")])
    many.see_texts(times[1:3])
    many.see_texts(times[3:])
    assert one.figures(7) == many.figures(7)


def test_chat_completions() -> None:
    found = figures(openai_chat, CHAT, 5, "openai-chat")
    assert found == {
        "AIPerf TTFT": 1.5,
        "AIPerf TTFO": 2.0,
        "AIPerf ITL": pytest.approx((2.3 - 1.5) / 4),
        "AIPerf ICL p50": pytest.approx(0.4),  # of 0.5 and 0.3
        "vllm bench serve TTFT": 1.0,
        "vllm bench serve TPOT": pytest.approx((2.6 - 1.0) / 4),
        "vllm bench serve ITL p50": pytest.approx(0.3),  # of 0.5, 0.2, 0.3, 0.3, 0.3
        "OpenTelemetry time_to_first_chunk": 1.0,
    }


def test_of_other_protocols_vllm_would_measure_nothing() -> None:
    delta = '{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}'
    found = figures(anthropic, [(1.0, '{"type":"ping"}'), (2.0, delta)], 2, "anthropic")
    assert (found["AIPerf TTFT"], found["OpenTelemetry time_to_first_chunk"]) == (2.0, 1.0)
    assert found["vllm bench serve TTFT"] is None


@pytest.mark.parametrize("tokens", [None, 0, 1])
def test_too_few_tokens_have_no_time_each(tokens: int | None) -> None:
    found = figures(openai_chat, CHAT, tokens, "openai-chat")
    assert found["AIPerf ITL"] is found["vllm bench serve TPOT"] is None


def test_every_figure_says_what_it_is_and_where_that_stands() -> None:
    for figure in OtherTools("openai-chat").figures(None):
        assert figure.value_s is None
        assert figure.definition
        assert figure.source.startswith("https://")
