from written import OPENING, answer_in, lines_of

ID = OPENING.id


def test_the_last_line_repeats_the_text() -> None:
    assert lines_of("cohere-v1", answer_in("cohere-v1")) == [
        {"is_finished": False, "event_type": "stream-start", "generation_id": ID},
        {"is_finished": False, "event_type": "text-generation", "text": "H"},
        {"is_finished": False, "event_type": "text-generation", "text": "i"},
        {
            "is_finished": False,
            "event_type": "tool-calls-generation",
            "tool_calls": [{"name": "f", "parameters": {"x": 1}}],
        },
        {
            "is_finished": True,
            "event_type": "stream-end",
            "finish_reason": "COMPLETE",
            "response": {"response_id": ID, "text": "Hi", "meta": {"tokens": 9}},
        },
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = lines_of("cohere-v1", answer_in("cohere-v1", error="too slow"))
    assert last == {
        "is_finished": True,
        "event_type": "stream-end",
        "finish_reason": "ERROR",
        "error": "too slow",
    }
