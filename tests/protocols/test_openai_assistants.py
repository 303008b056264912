from said import answer_of, calls_of, name_of

from ssetape.protocols import openai_assistants


def test_a_run() -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    code = {"index": 1, "type": "code_interpreter", "code_interpreter": {"input": "1"}}
    details = {"tool_calls": [call, code]}
    answer = answer_of(
        openai_assistants,
        ("thread.run.created", {"model": "m"}),
        ("thread.message.created", {"role": "assistant"}),
        ("thread.run.step.delta", {"id": "s", "delta": {"step_details": details}}),
        ("thread.message.delta", {"delta": {"content": [{"text": {"value": "Hi"}}]}}),
        ("thread.run.step.completed", {"usage": {"total_tokens": 1}}),
        ("thread.run.completed", {"model": "m", "usage": {"total_tokens": 5}}),
        ("done", "[DONE]"),
    )
    assert (answer.text, answer.stop, answer.model) == ("Hi", "completed", "m")
    assert calls_of(answer) == [("c", "f", "{}")]
    assert (answer.usage, answer.done) == ({"total_tokens": 5}, "thread.run.completed")
    assert answer.parts == [("code_interpreter", code)]


def test_errors() -> None:
    assert answer_of(openai_assistants, ("error", {"message": "no"})).error == "no"
    failed = ("thread.run.failed", {"last_error": {"message": "no"}})
    answer = answer_of(openai_assistants, failed)
    assert (answer.error, answer.stop) == ("no", "failed")


def test_it_is_recognised_by_the_types_of_its_events() -> None:
    assert name_of(("thread.run.created", {})) == "openai-assistants"
