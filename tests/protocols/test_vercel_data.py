import pytest
from said import Said, answer_of, calls_of, facts_of, name_of

from ssetape.errors import MessageError
from ssetape.messages.framing import StreamMessage
from ssetape.protocols import vercel_data


def line(text: str) -> Said:
    return "", text


def test_an_answer() -> None:
    answer = answer_of(
        vercel_data,
        line('f:{"messageId":"m"}'),
        line('g:"hm"'),
        line('0:"Hi"'),
        line('b:{"toolCallId":"t","toolName":"f"}'),
        line('c:{"toolCallId":"t","argsTextDelta":"{}"}'),
        line('9:{"toolCallId":"t","toolName":"f","args":{}}'),
        line('9:{"toolCallId":"u","toolName":"g","args":{"a":1}}'),
        line('a:{"toolCallId":"t","result":1}'),
        line('d:{"finishReason":"stop","usage":{"promptTokens":4}}'),
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "hm", "stop")
    assert calls_of(answer) == [("t", "f", "{}"), ("u", "g", '{"a":1}')]
    assert (answer.usage, answer.done) == ({"promptTokens": 4}, "d")
    assert answer.parts == [("tool result", {"toolCallId": "t", "result": 1})]


def test_an_error_is_told() -> None:
    assert answer_of(vercel_data, line('3:"no"')).error == "no"


def test_a_line_of_another_shape_is_an_error_of_its_own() -> None:
    with pytest.raises(MessageError, match="expected a code, a colon and JSON, found 'hello'"):
        list(vercel_data.Reader().read(StreamMessage(0, 0, "", "hello")))
    assert facts_of(vercel_data, line("hello"), line("0:nope"), line('0:"a"'))


def test_it_is_recognised_by_its_lines() -> None:
    assert name_of(line('0:"a"'), line("d:{}")) == "vercel-data"
    assert name_of(line('0:"a"'), line("{}")) is None
    assert name_of('0:"a"') != "vercel-data"  # an event's data
