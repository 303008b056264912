from said import answer_of, clues, name_of

from ssetape.protocols import plain_text, recognise


def test_data_is_the_text() -> None:
    answer = answer_of(plain_text, ("output", "a"), " b", "", ("ping", "x"), ("done", "{}"))
    assert (answer.text, answer.done) == ("a b", "done")
    assert answer_of(plain_text, "a", "[DONE]").done == "[DONE]"
    assert answer_of(plain_text, ("error", "no")).error == "no"


def test_nothing_that_looks_like_json_is_plain_text() -> None:
    assert name_of("hello", "world") == "plain-text"
    assert name_of(("output", ""), ("output", "Sure")) == "plain-text"
    assert name_of("hello", "[DONE]") == "plain-text"
    assert name_of("hello", '{"a": 1}') is None
    assert name_of("[1]") is None
    assert name_of(("ping", "x")) is None
    assert name_of() is None
    assert recognise(clues("hello")._replace(is_websocket=True)) is None
