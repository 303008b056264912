from protocol_samples import SAMPLES
from said import answer_of, calls_of, name_of

from ssetape.protocols import minimax


def test_the_last_message_repeats_the_text() -> None:
    answer = answer_of(minimax, *SAMPLES["minimax"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "stop", "reply")
    assert (answer.usage, answer.model) == ({"total_tokens": 7}, "abab6.5-chat")


def test_the_oldest_has_its_text_as_delta() -> None:
    state = {"status_code": 0, "status_msg": ""}
    said = [
        {"choices": [{"delta": "Red"}], "reply": "", "base_resp": state},
        {"choices": [{"delta": " fox", "finish_reason": "stop"}], "base_resp": state},
    ]
    assert answer_of(minimax, *said).text == "Red fox"
    assert name_of(*said) == "minimax"


def test_a_call_comes_whole() -> None:
    call = {"name": "f", "arguments": '{"a":1}'}
    messages = [{"sender_type": "BOT", "text": "", "function_call": call}]
    answer = answer_of(minimax, {"choices": [{"messages": messages}]})
    assert calls_of(answer) == [("", "f", '{"a":1}')]


def test_an_error() -> None:
    said = {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}
    assert name_of(said) == "minimax"
    assert answer_of(minimax, said).error == "login fail"


def test_its_second_version_speaks_openais() -> None:
    choice = {"index": 0, "delta": {"content": "Red"}}
    said = {"object": "chat.completion.chunk", "choices": [choice], "base_resp": {}}
    assert name_of(said) == "openai-chat"
