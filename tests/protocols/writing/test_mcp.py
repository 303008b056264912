from written import events_of

from ssetape.facts import Done, Failure, Text


def test_the_result_comes_whole() -> None:
    result = {"content": [{"type": "text", "text": "Hi there"}], "isError": False}
    told = events_of("mcp", [Text("Hi"), Text(" there"), Done("")])
    assert told == [("message", {"jsonrpc": "2.0", "id": 1, "result": result})]


def test_an_error_is_a_response() -> None:
    (told,) = events_of("mcp", [Text("Hi"), Failure("slow", None)])
    error = {"code": -32603, "message": "slow"}
    assert told == ("message", {"jsonrpc": "2.0", "id": 1, "error": error})
