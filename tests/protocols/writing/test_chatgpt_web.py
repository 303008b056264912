from written import events_of

from ssetape.facts import Done, Failure, Model, Reasoning, Stop, Text, ToolCall


def test_each_part_is_a_message_and_each_piece_a_patch() -> None:
    call = [ToolCall("a", "call_1", "bio"), ToolCall("a", arguments="{}")]
    facts = [Model("m"), Stop("max_tokens"), Reasoning("So"), Text("H"), Text("i"), *call, Done("")]
    events = events_of("chatgpt-web", facts)
    assert events[0] == ("delta_encoding", "v1")
    deltas = [value for name, value in events if name == "delta"]
    messages = [delta["v"]["message"] for delta in deltas if delta.get("o") == "add"]
    assert [(each["content"]["content_type"], each["recipient"]) for each in messages] == [
        ("thoughts", "all"),
        ("text", "all"),
        ("code", "bio"),
    ]
    assert messages[2]["id"] == "call_1"
    assert all(each["metadata"] == {"model_slug": "m"} for each in messages)
    pieces = [delta for delta in deltas if isinstance(delta["v"], str)]
    assert pieces == [
        {"p": "/message/content/thoughts/0/content", "o": "append", "v": "So"},
        {"p": "/message/content/parts/0", "o": "append", "v": "H"},
        {"v": "i"},
        {"p": "/message/content/text", "o": "append", "v": "{}"},
    ]
    assert events[-2][1]["type"] == "message_stream_complete"
    assert events[-1] == ("", "[DONE]")


def test_without_a_text_an_empty_one_says_why_it_stops() -> None:
    events = events_of("chatgpt-web", [ToolCall("a", "call_1", "bio"), Stop("stop"), Done("")])
    patches = [value["v"] for name, value in events if value and "patch" in str(value)]
    details = {"finish_details": {"type": "stop"}}
    assert {"p": "/message/metadata", "o": "append", "v": details} in patches[-1]


def test_an_error_is_an_event_of_its_own() -> None:
    *_, (name, last) = events_of("chatgpt-web", [Text("a"), Failure("slow", None)])
    assert (name, last["message"], last["error"]) == ("", None, "slow")
