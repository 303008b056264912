from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_pieces_are_messages_and_the_end_has_the_usage() -> None:
    assert events_of("dify", answer_in("dify")) == [
        (
            "",
            {
                "event": "message",
                "task_id": ID,
                "message_id": ID,
                "conversation_id": ID,
                "created_at": 1700000000,
                "answer": "H",
            },
        ),
        (
            "",
            {
                "event": "message",
                "task_id": ID,
                "message_id": ID,
                "conversation_id": ID,
                "created_at": 1700000000,
                "answer": "i",
            },
        ),
        (
            "",
            {
                "event": "message_end",
                "task_id": ID,
                "message_id": ID,
                "conversation_id": ID,
                "created_at": 1700000000,
                "metadata": {"usage": {"tokens": 9}},
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("dify", answer_in("dify", error="too slow"))
    assert last == (
        "",
        {
            "event": "error",
            "task_id": ID,
            "message_id": ID,
            "conversation_id": ID,
            "created_at": 1700000000,
            "status": 500,
            "code": "completion_request_error",
            "message": "too slow",
        },
    )
