import json

from ssetape.replay.answer import refusal


def test_a_refusal_says_why() -> None:
    answer = refusal(431, "too large")
    assert answer.reason == "Request Header Fields Too Large"
    assert json.loads(answer.body)["error"] == {
        "type": "ssetape_error",
        "message": "ssetape: too large",
    }
    assert refusal(529, "x").reason == "Error"
