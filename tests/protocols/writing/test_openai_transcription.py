from written import answer_in, events_of


def test_the_text_comes_in_pieces_and_as_a_whole() -> None:
    assert events_of("openai-transcription", answer_in("openai-transcription")) == [
        ("transcript.text.delta", {"type": "transcript.text.delta", "delta": "H"}),
        ("transcript.text.delta", {"type": "transcript.text.delta", "delta": "i"}),
        (
            "transcript.text.done",
            {"type": "transcript.text.done", "text": "Hi", "usage": {"tokens": 9}},
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of(
        "openai-transcription", answer_in("openai-transcription", error="too slow")
    )
    assert last == (
        "error",
        {"type": "error", "error": {"type": "server_error", "message": "too slow"}},
    )
