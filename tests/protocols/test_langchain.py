from said import assemble, calls_of

from ssetape.protocols._langchain import Messages, is_message, plain


def test_a_message_may_be_serialised_as_a_call_of_its_constructor() -> None:
    said = {"type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": {"content": "Hi"}}
    assert plain(said) == {"content": "Hi", "type": "AIMessage"}
    assert is_message(said)
    assert not is_message({"type": "human", "content": "Hi"})
    assert not is_message({"type": "ai"})


def test_pieces_and_the_whole_of_them_say_the_same_once() -> None:
    messages = Messages()
    parts = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Red"}]
    chunk = {"index": 0, "id": "c", "name": "f", "args": '{"a":'}
    pieces = [
        {"type": "AIMessageChunk", "id": "1", "content": parts, "tool_call_chunks": [chunk]},
        {
            "type": "AIMessageChunk",
            "id": "1",
            "content": " fox",
            "tool_call_chunks": [{"index": 0, "args": "1}"}],
            "usage_metadata": {"input_tokens": 5, "output_tokens": 2},
            "response_metadata": {"finish_reason": "tool_calls", "model_name": "m"},
        },
    ]
    whole = {"type": "ai", "id": "1", "content": "Red fox"}
    whole["tool_calls"] = [{"id": "c", "name": "f", "args": {"a": 1}}]  # type: ignore[assignment]
    facts = [fact for piece in pieces for fact in messages.facts(piece, is_whole=False)]
    facts += messages.facts(whole, is_whole=True)
    facts += messages.facts({"type": "tool", "id": "2", "content": "4"}, is_whole=True)
    answer = assemble(None, facts)
    assert (answer.text, answer.reasoning, answer.model) == ("Red fox", "Hm", "m")
    assert (answer.stop, answer.role) == ("tool_calls", "assistant")
    assert calls_of(answer) == [("c", "f", '{"a":1}')]
    assert answer.usage == {"input_tokens": 5, "output_tokens": 2}
    assert answer.parts == [("tool result", "4")]


def test_another_whole_text_leaves_that_of_other_messages() -> None:
    messages = Messages()
    facts = [
        *messages.facts({"type": "ai", "id": "1", "content": "Red"}, is_whole=True),
        *messages.facts({"type": "ai", "id": "2", "content": " fox"}, is_whole=True),
        *messages.facts({"type": "ai", "id": "1", "content": "Blue"}, is_whole=True),
        *messages.facts({"type": "human", "id": "3", "content": "No"}, is_whole=True),
    ]
    assert assemble(None, facts).text == "Red fox"
