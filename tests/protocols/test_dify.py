from protocol_samples import SAMPLES, dify
from said import answer_of, calls_of, name_of

from ssetape.protocols import dify as protocol


def test_a_chat() -> None:
    answer = answer_of(protocol, *SAMPLES["dify"].said)
    assert (answer.text, answer.done) == ("Red fox", "message_end")
    assert answer.usage == {"prompt_tokens": 5, "completion_tokens": 2}


def test_an_agent() -> None:
    thought = {"id": "1", "thought": "Hm", "tool": "f", "tool_input": '{"a":1}'}
    answer = answer_of(
        protocol,
        dify("agent_thought", **{**thought, "tool": "", "tool_input": ""}),
        dify("agent_thought", **thought),
        dify("agent_thought", **thought, observation="4"),
        dify("agent_thought", **thought, observation="4"),
        dify("agent_message", answer="Red fox"),
        dify("agent_thought", id="2", thought="Red fox", tool=""),
    )
    assert (answer.text, answer.reasoning) == ("Red fox", "Hm")
    assert calls_of(answer) == [("1", "f", '{"a":1}')]
    assert answer.parts == [("observation", "4")]


def test_a_workflow_streams_text_or_only_ends() -> None:
    end = {"status": "succeeded", "outputs": {"text": "Red fox"}, "total_tokens": 7}
    chunks = [dify("text_chunk", data={"text": piece}) for piece in ("Red", " fox")]
    for said in (chunks, []):
        answer = answer_of(protocol, *said, dify("workflow_finished", data=end))
        assert (answer.text, answer.stop) == ("Red fox", "succeeded")
        assert (answer.usage, answer.done) == ({"total_tokens": 7}, "workflow_finished")
    failed = {"status": "failed", "error": "no model", "outputs": {"n": 1}}
    answer = answer_of(protocol, dify("workflow_finished", data=failed))
    assert (answer.error, answer.parts) == ("no model", [("outputs", {"n": 1})])


def test_moderation_replaces_the_text() -> None:
    said = [dify("message", answer="Red"), dify("message_replace", answer="No.")]
    assert answer_of(protocol, *said).text == "No."


def test_an_error() -> None:
    said = {"event": "error", "status": 400, "code": "bad", "message": "no quota"}
    assert name_of(("ping", ""), said) == "dify"
    assert answer_of(protocol, ("ping", ""), said).error == "no quota"
