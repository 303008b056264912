from written import answer_in, events_of


def test_each_message_has_the_text_so_far() -> None:
    assert events_of("triton", answer_in("triton")) == [
        ("", {"model_name": "m", "model_version": "1", "text_output": "H"}),
        ("", {"model_name": "m", "model_version": "1", "text_output": "Hi"}),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("triton", answer_in("triton", error="too slow"))
    assert last == ("", {"error": "too slow"})
