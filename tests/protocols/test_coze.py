from protocol_samples import SAMPLES, coze
from said import answer_of, calls_of, name_of

from ssetape.meaning.tokens import input_count, output_count
from ssetape.protocols import coze as protocol


def test_a_chat() -> None:
    answer = answer_of(protocol, *SAMPLES["coze"].said)
    assert (answer.text, answer.role, answer.stop) == ("Red fox", "assistant", "completed")
    assert (answer.done, answer.error) == ("conversation.chat.completed", None)
    assert (input_count(answer.usage), output_count(answer.usage)) == (5, 2)


def test_an_answer_that_comes_only_whole() -> None:
    assert (
        answer_of(protocol, coze("message.completed", type="answer", content="Red")).text == "Red"
    )


def test_reasoning_calls_and_what_follows() -> None:
    answer = answer_of(
        protocol,
        coze("message.delta", type="answer", content="", reasoning_content="Hm"),
        coze("message.completed", type="function_call", content='{"name":"f","arguments":{"a":1}}'),
        coze("message.completed", type="tool_response", content="4"),
        coze("message.completed", type="follow_up", content="Why?"),
    )
    assert answer.reasoning == "Hm"
    assert calls_of(answer) == [("m", "f", '{"a":1}')]
    assert answer.parts == [("tool_response", "4"), ("follow_up", "Why?")]
    odd = answer_of(protocol, coze("message.completed", type="function_call", content="no JSON"))
    assert calls_of(odd) == [("m", "no JSON", "")]


def test_errors_and_what_an_app_must_do() -> None:
    error = {"code": 4011, "msg": "out of tokens"}
    failed = ("conversation.chat.failed", {"status": "failed", "last_error": error})
    answer = answer_of(protocol, failed)
    assert (answer.error, answer.stop) == ("out of tokens", "failed")
    assert answer_of(protocol, ("error", error)).error == "out of tokens"
    assert name_of(failed) == "coze"


def test_a_workflow() -> None:
    node = {"node_title": "End", "node_seq_id": "0", "node_is_finish": False}
    pieces = [("Message", {**node, "content": piece}) for piece in ("Red", " fox")]
    assert name_of(*pieces, ("Done", {"debug_url": "https://a.test"})) == "coze"
    answer = answer_of(protocol, *pieces, ("Done", {"debug_url": "https://a.test"}))
    assert (answer.text, answer.done, answer.error) == ("Red fox", "Done", None)
    error = ("Error", {"error_code": 4000, "error_message": "no such node"})
    assert answer_of(protocol, *pieces, error).error == "no such node"
    asked = answer_of(protocol, *pieces, ("Interrupt", {"interrupt_data": {"type": 2}}))
    assert (asked.stop, asked.parts) == ("Interrupt", [("interrupt", {"type": 2})])


def test_another_event_of_that_name_is_not_its() -> None:
    assert name_of(("Message", {"content": "hi"})) != "coze"
