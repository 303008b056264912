from typing import Any

from said import answer_of, name_of

from ssetape.protocols import mcp


def rpc(**fields: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", **fields}


def test_the_result_of_a_call_is_its_text() -> None:
    content = [{"type": "text", "text": "counted"}, {"type": "image", "data": "x"}]
    answer = answer_of(
        mcp,
        "",
        rpc(method="notifications/progress", params={"progress": 1}),
        rpc(id=1, result={"content": content}),
    )
    assert (answer.text, answer.done, answer.error) == ("counted", "response", None)
    assert answer.parts == [("notifications/progress", {"progress": 1}), ("image", content[1])]


def test_errors_of_the_protocol_and_of_the_tool() -> None:
    assert answer_of(mcp, rpc(id=1, error={"code": -1, "message": "no"})).error == "no"
    result = {"isError": True, "content": [{"type": "text", "text": "broken"}]}
    answer = answer_of(mcp, [rpc(id=1, result=result)])
    assert (answer.text, answer.error) == ("broken", "broken")


def test_it_is_recognised_by_its_first_messages() -> None:
    assert name_of("", rpc(id=1, result={})) == "mcp"
    assert name_of(("endpoint", "/messages?id=1")) == "mcp"
    assert answer_of(mcp, ("endpoint", "/messages?id=1")).text == ""
    assert name_of({"id": 1, "result": {}}) is None
