from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_the_answer_comes_in_pieces_and_as_a_whole() -> None:
    assert events_of("coze", answer_in("coze")) == [
        (
            "conversation.chat.created",
            {"id": f"chat-{ID}", "conversation_id": "made", "bot_id": "bot", "status": "created"},
        ),
        (
            "conversation.message.delta",
            {
                "id": ID,
                "conversation_id": "made",
                "bot_id": "bot",
                "role": "assistant",
                "type": "answer",
                "content_type": "text",
                "content": "",
                "reasoning_content": "So",
            },
        ),
        (
            "conversation.message.delta",
            {
                "id": ID,
                "conversation_id": "made",
                "bot_id": "bot",
                "role": "assistant",
                "type": "answer",
                "content_type": "text",
                "content": "H",
            },
        ),
        (
            "conversation.message.delta",
            {
                "id": ID,
                "conversation_id": "made",
                "bot_id": "bot",
                "role": "assistant",
                "type": "answer",
                "content_type": "text",
                "content": "i",
            },
        ),
        (
            "conversation.message.completed",
            {
                "id": ID,
                "conversation_id": "made",
                "bot_id": "bot",
                "role": "assistant",
                "type": "answer",
                "content_type": "text",
                "content": "Hi",
            },
        ),
        (
            "conversation.message.completed",
            {
                "id": "call",
                "conversation_id": "made",
                "bot_id": "bot",
                "role": "assistant",
                "type": "function_call",
                "content_type": "text",
                "content": '{"name":"f","arguments":{"x":1}}',
            },
        ),
        (
            "conversation.chat.completed",
            {
                "id": f"chat-{ID}",
                "conversation_id": "made",
                "bot_id": "bot",
                "status": "completed",
                "usage": {"tokens": 9},
            },
        ),
        ("done", "[DONE]"),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("coze", answer_in("coze", error="too slow"))
    assert last == ("error", {"code": 5000, "msg": "too slow"})
