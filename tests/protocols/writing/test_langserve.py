from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_pieces_are_data() -> None:
    assert events_of("langserve", answer_in("langserve")) == [
        ("metadata", {"run_id": ID}),
        (
            "data",
            {
                "content": "",
                "type": "AIMessageChunk",
                "id": f"run-{ID}",
                "additional_kwargs": {"reasoning_content": "So"},
            },
        ),
        ("data", {"content": "H", "type": "AIMessageChunk", "id": f"run-{ID}"}),
        ("data", {"content": "i", "type": "AIMessageChunk", "id": f"run-{ID}"}),
        (
            "data",
            {
                "content": "",
                "type": "AIMessageChunk",
                "id": f"run-{ID}",
                "tool_call_chunks": [{"index": 0, "id": "call", "name": "f", "args": ""}],
            },
        ),
        (
            "data",
            {
                "content": "",
                "type": "AIMessageChunk",
                "id": f"run-{ID}",
                "tool_call_chunks": [{"index": 0, "id": None, "name": None, "args": '{"x":1}'}],
            },
        ),
        (
            "data",
            {
                "content": "",
                "type": "AIMessageChunk",
                "id": f"run-{ID}",
                "response_metadata": {"finish_reason": "stop", "model_name": "m"},
                "usage_metadata": {"tokens": 9},
            },
        ),
        ("end", ""),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("langserve", answer_in("langserve", error="too slow"))
    assert last == ("error", {"status_code": 500, "message": "too slow"})
