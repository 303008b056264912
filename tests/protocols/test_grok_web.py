from said import answer_of, name_of

from ssetape.protocols import grok_web


def test_tokens_and_the_whole_in_the_end() -> None:
    answer = answer_of(
        grok_web,
        {"result": {"userResponse": {"message": "asked"}}},
        {"result": {"token": "hm", "isThinking": True}},
        {"result": {"response": {"token": "Hel", "isThinking": False}}},
        {"result": {"token": "lo"}},
        {"result": {"modelResponse": {"message": "Hello"}}},
    )
    assert (answer.text, answer.reasoning, answer.done) == ("Hello", "hm", "modelResponse")


def test_the_whole_is_what_counts() -> None:
    whole = {"result": {"modelResponse": {"message": "Hello"}}}
    assert answer_of(grok_web, whole).text == "Hello"
    assert answer_of(grok_web, {"result": {"token": "Help"}}, whole).text == "Hello"


def test_an_error_is_told_and_it_is_recognised() -> None:
    assert answer_of(grok_web, {"error": {"message": "no"}}).error == "no"
    assert name_of({"result": {"token": "x"}}) == "grok-web"
    assert name_of({"result": {}}) is None
