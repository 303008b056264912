from written import answer_in, events_of


def test_the_last_token_is_special() -> None:
    assert events_of("tgi", answer_in("tgi")) == [
        (
            "",
            {
                "index": 1,
                "token": {"id": 0, "text": "H", "logprob": 0.0, "special": False},
                "generated_text": None,
                "details": None,
            },
        ),
        (
            "",
            {
                "index": 2,
                "token": {"id": 0, "text": "i", "logprob": 0.0, "special": False},
                "generated_text": None,
                "details": None,
            },
        ),
        (
            "",
            {
                "index": 3,
                "token": {"id": 0, "text": "</s>", "logprob": 0.0, "special": True},
                "generated_text": "Hi",
                "details": {"finish_reason": "eos_token", "tokens": 9},
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("tgi", answer_in("tgi", error="too slow"))
    assert last == ("", {"error": "too slow", "error_type": "generation"})
