from written import answer_in, events_of


def test_the_text_is_a_message_and_each_call_a_step() -> None:
    assert events_of("openai-assistants", answer_in("openai-assistants")) == [
        (
            "thread.run.created",
            {
                "id": "run_0123456789abcdef01234567",
                "object": "thread.run",
                "model": "m",
                "status": "created",
                "usage": None,
            },
        ),
        (
            "thread.message.created",
            {
                "id": "msg_0123456789abcdef01234567",
                "object": "thread.message",
                "role": "assistant",
                "content": [],
            },
        ),
        (
            "thread.message.delta",
            {
                "id": "msg_0123456789abcdef01234567",
                "object": "thread.message.delta",
                "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "H"}}]},
            },
        ),
        (
            "thread.message.delta",
            {
                "id": "msg_0123456789abcdef01234567",
                "object": "thread.message.delta",
                "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "i"}}]},
            },
        ),
        (
            "thread.run.step.delta",
            {
                "id": "step_0",
                "object": "thread.run.step.delta",
                "delta": {
                    "step_details": {
                        "type": "tool_calls",
                        "tool_calls": [
                            {
                                "index": 0,
                                "id": "call",
                                "type": "function",
                                "function": {"name": "f", "arguments": ""},
                            }
                        ],
                    }
                },
            },
        ),
        (
            "thread.run.step.delta",
            {
                "id": "step_0",
                "object": "thread.run.step.delta",
                "delta": {
                    "step_details": {
                        "type": "tool_calls",
                        "tool_calls": [
                            {"index": 0, "type": "function", "function": {"arguments": '{"x":1}'}}
                        ],
                    }
                },
            },
        ),
        (
            "thread.run.completed",
            {
                "id": "run_0123456789abcdef01234567",
                "object": "thread.run",
                "model": "m",
                "status": "completed",
                "usage": {"tokens": 9},
            },
        ),
        ("done", "[DONE]"),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("openai-assistants", answer_in("openai-assistants", error="too slow"))
    assert last == ("error", {"message": "too slow", "type": "server_error", "code": None})
