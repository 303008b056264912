from typing import Any

import pytest
from protocol_samples import SAMPLES, rpc
from said import Said, answer_of, name_of

from ssetape.protocols import a2a


def test_the_text_is_that_of_the_artifacts() -> None:
    answer = answer_of(a2a, *SAMPLES["a2a"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "completed", "final")


def update(name: str, text: str, append: bool = False) -> Said:
    artifact = {"artifactId": name, "parts": [{"text": text}]}
    return {"artifactUpdate": {"taskId": "t", "artifact": artifact, "append": append}}


def status(state: str, **fields: Any) -> Said:
    return {"statusUpdate": {"taskId": "t", "status": {"state": state, **fields}}}


@pytest.mark.parametrize("wrap", [rpc, lambda value: value], ids=["JSON-RPC", "HTTP"])
def test_version_one_names_an_event_by_its_field(wrap: Any) -> None:
    said = [
        {"task": {"id": "t", "status": {"state": "TASK_STATE_SUBMITTED"}}},
        status("TASK_STATE_WORKING"),
        update("a", "Red"),
        update("a", " fox", append=True),
        status("TASK_STATE_INPUT_REQUIRED"),
    ]
    answer = answer_of(a2a, *map(wrap, said))
    assert (answer.text, answer.done) == ("Red fox", "TASK_STATE_INPUT_REQUIRED")
    assert all(name_of(wrap(each)) == "a2a" for each in said)


def test_the_first_version_has_neither() -> None:
    artifact = {"parts": [{"type": "text", "text": "Red fox"}], "index": 0}
    said = [
        rpc({"id": "t", "status": {"state": "working"}, "final": False}),
        rpc({"id": "t", "artifact": artifact}),
        rpc({"id": "t", "status": {"state": "completed"}, "final": True}),
    ]
    answer = answer_of(a2a, *said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "completed", "final")
    assert all(name_of(each) == "a2a" for each in said)


def test_a_replaced_artifact_leaves_the_others() -> None:
    said = [update("a", "Red"), update("b", " fox"), update("a", "Grey")]
    assert answer_of(a2a, *said).text == "Grey fox"


def test_messages_data_and_failures() -> None:
    parts = [{"kind": "text", "text": "no"}, {"kind": "data", "data": {"a": 1}}]
    message = {"kind": "message", "role": "agent", "messageId": "m", "parts": parts}
    answer = answer_of(a2a, rpc(message))
    assert (answer.text, answer.role, answer.done) == ("no", "agent", "message")
    assert answer.parts == [("data", parts[1])]
    failed = answer_of(a2a, status("TASK_STATE_FAILED", message=message))
    assert (failed.error, failed.stop) == ("no", "TASK_STATE_FAILED")
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "no task"}}
    assert answer_of(a2a, error).error == "no task"


def test_tasks_of_mcp_are_not_its() -> None:
    assert name_of(rpc({"task": {"taskId": "t", "status": "working"}})) == "mcp"
