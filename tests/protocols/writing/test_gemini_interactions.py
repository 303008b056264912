from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_each_part_is_a_step() -> None:
    assert events_of("gemini-interactions", answer_in("gemini-interactions")) == [
        (
            "interaction.created",
            {
                "event_type": "interaction.created",
                "interaction": {"id": ID, "model": "m", "status": "in_progress"},
            },
        ),
        ("step.start", {"event_type": "step.start", "index": 0, "step": {"type": "thought"}}),
        (
            "step.delta",
            {
                "event_type": "step.delta",
                "index": 0,
                "delta": {"type": "thought_summary", "content": {"type": "text", "text": "So"}},
            },
        ),
        ("step.stop", {"event_type": "step.stop", "index": 0}),
        ("step.start", {"event_type": "step.start", "index": 1, "step": {"type": "model_output"}}),
        (
            "step.delta",
            {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "H"}},
        ),
        (
            "step.delta",
            {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "i"}},
        ),
        ("step.stop", {"event_type": "step.stop", "index": 1}),
        (
            "step.start",
            {
                "event_type": "step.start",
                "index": 2,
                "step": {"type": "function_call", "id": "call", "name": "f"},
            },
        ),
        (
            "step.delta",
            {
                "event_type": "step.delta",
                "index": 2,
                "delta": {"type": "arguments_delta", "partial_arguments": '{"x":1}'},
            },
        ),
        ("step.stop", {"event_type": "step.stop", "index": 2}),
        (
            "interaction.completed",
            {
                "event_type": "interaction.completed",
                "interaction": {"id": ID, "status": "completed", "usage": {"tokens": 9}},
            },
        ),
        ("done", "[DONE]"),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("gemini-interactions", answer_in("gemini-interactions", error="too slow"))
    assert last == (
        "error",
        {"event_type": "error", "error": {"code": "internal", "message": "too slow"}},
    )
