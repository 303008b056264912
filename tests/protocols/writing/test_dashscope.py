from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_each_message_has_what_was_said_so_far() -> None:
    assert events_of("dashscope", answer_in("dashscope")) == [
        (
            "result",
            {
                "output": {
                    "choices": [
                        {
                            "message": {
                                "role": "assistant",
                                "content": "",
                                "reasoning_content": "So",
                            },
                            "finish_reason": "null",
                        }
                    ]
                },
                "request_id": ID,
            },
        ),
        (
            "result",
            {
                "output": {
                    "choices": [
                        {
                            "message": {
                                "role": "assistant",
                                "content": "H",
                                "reasoning_content": "So",
                            },
                            "finish_reason": "null",
                        }
                    ]
                },
                "request_id": ID,
            },
        ),
        (
            "result",
            {
                "output": {
                    "choices": [
                        {
                            "message": {
                                "role": "assistant",
                                "content": "Hi",
                                "reasoning_content": "So",
                            },
                            "finish_reason": "null",
                        }
                    ]
                },
                "request_id": ID,
            },
        ),
        (
            "result",
            {
                "output": {
                    "choices": [
                        {
                            "message": {
                                "role": "assistant",
                                "content": "Hi",
                                "reasoning_content": "So",
                                "tool_calls": [
                                    {
                                        "index": 0,
                                        "id": "call",
                                        "type": "function",
                                        "function": {"name": "f", "arguments": '{"x":1}'},
                                    }
                                ],
                            },
                            "finish_reason": "null",
                        }
                    ]
                },
                "request_id": ID,
            },
        ),
        (
            "result",
            {
                "output": {
                    "choices": [
                        {
                            "message": {
                                "role": "assistant",
                                "content": "Hi",
                                "reasoning_content": "So",
                                "tool_calls": [
                                    {
                                        "index": 0,
                                        "id": "call",
                                        "type": "function",
                                        "function": {"name": "f", "arguments": '{"x":1}'},
                                    }
                                ],
                            },
                            "finish_reason": "stop",
                        }
                    ]
                },
                "usage": {"tokens": 9},
                "request_id": ID,
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("dashscope", answer_in("dashscope", error="too slow"))
    assert last == ("error", {"code": "InternalError", "message": "too slow", "request_id": ID})
