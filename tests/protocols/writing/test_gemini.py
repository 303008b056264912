from written import body_of, events_of

from ssetape.facts import Done, Failure, Model, Reasoning, Text, ToolCall, Usage
from ssetape.protocols.writing import Tokens, writer_of


def test_each_piece_is_a_chunk_and_a_call_is_whole() -> None:
    call = [
        ToolCall("a", "i", "f"),
        ToolCall("a", arguments='{"x":'),
        ToolCall("a", arguments="1}"),
    ]
    facts = [
        Model("m"),
        Usage({"totalTokenCount": 3}),
        Reasoning("So"),
        Text("Hi"),
        *call,
        Done(""),
    ]
    chunks = [value for _, value in events_of("gemini", facts)]
    parts = [chunk["candidates"][0]["content"]["parts"] for chunk in chunks]
    assert parts == [
        [{"text": "So", "thought": True}],
        [{"text": "Hi"}],
        [{"functionCall": {"id": "i", "name": "f", "args": {"x": 1}}}],
        [{"text": ""}],
    ]
    assert all(chunk["modelVersion"] == "m" for chunk in chunks)
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    assert chunks[-1]["usageMetadata"] == {"totalTokenCount": 3}


def test_lines_end_as_google_s_do() -> None:
    assert body_of("gemini", [Text("a"), Done("")]).count(b"\r\n\r\n") == 2


def test_an_error_ends_it() -> None:
    *_, (_, last) = events_of("gemini", [Text("a"), Failure("slow", None)])
    assert last == {"error": {"code": 503, "message": "slow", "status": "UNAVAILABLE"}}


def test_thoughts_are_counted_apart() -> None:
    assert writer_of("gemini").counts(Tokens(2, 5, 3)) == {
        "promptTokenCount": 2,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 7,
    }
