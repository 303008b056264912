from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_pieces_name_their_node() -> None:
    assert events_of("langgraph", answer_in("langgraph")) == [
        ("metadata", {"run_id": ID, "attempt": 1}),
        (
            "messages",
            [
                {
                    "content": "",
                    "type": "AIMessageChunk",
                    "id": f"run-{ID}",
                    "additional_kwargs": {"reasoning_content": "So"},
                },
                {"langgraph_node": "agent"},
            ],
        ),
        (
            "messages",
            [
                {"content": "H", "type": "AIMessageChunk", "id": f"run-{ID}"},
                {"langgraph_node": "agent"},
            ],
        ),
        (
            "messages",
            [
                {"content": "i", "type": "AIMessageChunk", "id": f"run-{ID}"},
                {"langgraph_node": "agent"},
            ],
        ),
        (
            "messages",
            [
                {
                    "content": "",
                    "type": "AIMessageChunk",
                    "id": f"run-{ID}",
                    "tool_call_chunks": [{"index": 0, "id": "call", "name": "f", "args": ""}],
                },
                {"langgraph_node": "agent"},
            ],
        ),
        (
            "messages",
            [
                {
                    "content": "",
                    "type": "AIMessageChunk",
                    "id": f"run-{ID}",
                    "tool_call_chunks": [{"index": 0, "id": None, "name": None, "args": '{"x":1}'}],
                },
                {"langgraph_node": "agent"},
            ],
        ),
        (
            "messages",
            [
                {
                    "content": "",
                    "type": "AIMessageChunk",
                    "id": f"run-{ID}",
                    "response_metadata": {"finish_reason": "stop", "model_name": "m"},
                    "usage_metadata": {"tokens": 9},
                },
                {"langgraph_node": "agent"},
            ],
        ),
        ("end", ""),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("langgraph", answer_in("langgraph", error="too slow"))
    assert last == ("error", {"error": "InternalServerError", "message": "too slow"})
