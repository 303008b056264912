from written import OPENING, answer_in, lines_of

ID = OPENING.id


def test_the_message_comes_in_tokens_and_as_a_whole() -> None:
    assert lines_of("langflow", answer_in("langflow")) == [
        {"event": "token", "data": {"chunk": "H", "id": ID}},
        {"event": "token", "data": {"chunk": "i", "id": ID}},
        {
            "event": "add_message",
            "data": {
                "sender": "Machine",
                "text": "Hi",
                "id": ID,
                "error": False,
                "properties": {"usage": {"tokens": 9}},
            },
        },
        {"event": "end", "data": {"result": {"session_id": "made", "message": "Hi"}}},
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = lines_of("langflow", answer_in("langflow", error="too slow"))
    assert last == {"event": "error", "data": {"text": "too slow", "id": ID}}
