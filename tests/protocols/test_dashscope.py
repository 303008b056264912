from protocol_samples import SAMPLES, dashscope
from said import answer_of, calls_of, name_of

from ssetape.protocols import dashscope as protocol


def test_each_message_has_the_text_so_far() -> None:
    answer = answer_of(protocol, *SAMPLES["dashscope"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "stop", "finish_reason")
    assert (answer.role, answer.usage["output_tokens"]) == ("assistant", 2)


def test_or_a_piece_of_it() -> None:
    said = [dashscope("Red"), dashscope(" fox"), dashscope("", "stop")]
    assert answer_of(protocol, *said).text == "Red fox"


def test_without_messages() -> None:
    said = {"output": {"text": "Red fox", "finish_reason": "stop"}, "request_id": "q"}
    assert answer_of(protocol, said).text == "Red fox"
    assert name_of(said) == "dashscope"


def test_reasoning_images_and_calls() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":'}}
    rest = {"index": 0, "id": "", "function": {"arguments": "1}"}}
    answer = answer_of(
        protocol,
        dashscope("", reasoning_content="Hm"),
        dashscope([{"text": "Red"}], reasoning_content=""),  # type: ignore[arg-type]
        dashscope("", tool_calls=[call]),
        dashscope("", "tool_calls", tool_calls=[rest]),
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Red", "Hm", "tool_calls")
    assert calls_of(answer) == [("c", "f", '{"a":1}')]


def test_an_error() -> None:
    said = ("error", {"code": "InvalidApiKey", "message": "no key", "request_id": "q"})
    assert name_of(said) == "dashscope"
    assert answer_of(protocol, said).error == "no key"
