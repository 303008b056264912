from written import OPENING, answer_in, lines_of

ID = OPENING.id


def test_thoughts_are_marked_and_the_last_line_repeats_the_text() -> None:
    assert lines_of("grok-web", answer_in("grok-web")) == [
        {"result": {"response": {"token": "So", "isThinking": True}}},
        {"result": {"response": {"token": "H", "isThinking": False}}},
        {"result": {"response": {"token": "i", "isThinking": False}}},
        {
            "result": {
                "response": {
                    "modelResponse": {"responseId": ID, "message": "Hi", "sender": "assistant"}
                }
            }
        },
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = lines_of("grok-web", answer_in("grok-web", error="too slow"))
    assert last == {"error": {"code": 13, "message": "too slow"}}
