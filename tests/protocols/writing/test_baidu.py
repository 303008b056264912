from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_pieces_are_results_and_a_call_is_whole() -> None:
    assert events_of("baidu", answer_in("baidu")) == [
        (
            "",
            {
                "id": "as-0123456789",
                "object": "chat.completion",
                "created": 1700000000,
                "is_end": False,
                "result": "H",
            },
        ),
        (
            "",
            {
                "id": "as-0123456789",
                "object": "chat.completion",
                "created": 1700000000,
                "is_end": False,
                "result": "i",
            },
        ),
        (
            "",
            {
                "id": "as-0123456789",
                "object": "chat.completion",
                "created": 1700000000,
                "is_end": False,
                "result": "",
                "function_call": {"name": "f", "thoughts": "", "arguments": '{"x":1}'},
            },
        ),
        (
            "",
            {
                "id": "as-0123456789",
                "object": "chat.completion",
                "created": 1700000000,
                "is_end": True,
                "result": "",
                "finish_reason": "normal",
                "usage": {"tokens": 9},
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("baidu", answer_in("baidu", error="too slow"))
    assert last == ("", {"error_code": 336000, "error_msg": "too slow", "id": ID})
