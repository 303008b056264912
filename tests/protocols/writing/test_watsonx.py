from written import answer_in, events_of


def test_the_last_result_says_why_it_stops() -> None:
    assert events_of("watsonx", answer_in("watsonx")) == [
        (
            "message",
            {"model_id": "m", "results": [{"generated_text": "H", "stop_reason": "not_finished"}]},
        ),
        (
            "message",
            {"model_id": "m", "results": [{"generated_text": "i", "stop_reason": "not_finished"}]},
        ),
        (
            "message",
            {
                "model_id": "m",
                "results": [{"generated_text": "", "stop_reason": "eos_token", "tokens": 9}],
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("watsonx", answer_in("watsonx", error="too slow"))
    assert last == ("error", {"errors": [{"code": "internal_error", "message": "too slow"}]})
