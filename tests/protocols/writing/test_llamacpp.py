from written import answer_in, events_of


def test_the_last_message_stops() -> None:
    assert events_of("llamacpp", answer_in("llamacpp")) == [
        ("", {"index": 0, "content": "H", "tokens": [], "stop": False}),
        ("", {"index": 0, "content": "i", "tokens": [], "stop": False}),
        (
            "",
            {
                "index": 0,
                "content": "",
                "tokens": 9,
                "stop": True,
                "stop_type": "eos",
                "model": "m",
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("llamacpp", answer_in("llamacpp", error="too slow"))
    assert last == ("", {"error": {"code": 500, "message": "too slow", "type": "server_error"}})
