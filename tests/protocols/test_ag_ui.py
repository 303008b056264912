from protocol_samples import SAMPLES
from said import answer_of, calls_of

from ssetape.protocols import ag_ui


def test_a_run() -> None:
    answer = answer_of(ag_ui, *SAMPLES["ag-ui"].said)
    assert (answer.text, answer.role, answer.done) == ("Red fox", "assistant", "RUN_FINISHED")
    assert calls_of(answer) == [("c", "f", '{"a":1}')]


def test_chunks_reasoning_and_results() -> None:
    result = {"type": "TOOL_CALL_RESULT", "toolCallId": "c", "content": "4"}
    answer = answer_of(
        ag_ui,
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "H"},
        {"type": "REASONING_MESSAGE_CHUNK", "messageId": "r", "delta": "m"},
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "f", "delta": "{"},
        {"type": "TOOL_CALL_CHUNK", "delta": "}"},
        result,
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "role": "assistant", "delta": "Red"},
        {"type": "RUN_FINISHED", "outcome": {"type": "interrupt"}},
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Red", "Hm", "interrupt")
    assert calls_of(answer) == [("c", "f", "{}")]
    assert answer.parts == [("TOOL_CALL_RESULT", result)]


def test_a_snapshot_counts_where_no_text_came() -> None:
    messages = [{"role": "user", "content": "Say it"}, {"role": "assistant", "content": "Red fox"}]
    snapshot = {"type": "MESSAGES_SNAPSHOT", "messages": messages}
    assert answer_of(ag_ui, snapshot, snapshot).text == "Red fox"
    assert answer_of(ag_ui, *SAMPLES["ag-ui"].said, snapshot).text == "Red fox"
    asked = {"type": "MESSAGES_SNAPSHOT", "messages": messages[::-1]}
    assert answer_of(ag_ui, asked).text == ""


def test_an_error_ends_the_run() -> None:
    answer = answer_of(ag_ui, {"type": "RUN_ERROR", "message": "no", "code": "x"})
    assert (answer.error, answer.done) == ("no", "RUN_ERROR")
