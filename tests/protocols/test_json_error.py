from said import answer_of, name_of

from ssetape.protocols import json_error


def test_an_error_alone_is_told_whatever_the_protocol() -> None:
    said = {"error": {"code": 404, "message": "no such model"}}
    assert name_of(said) == "json-error"
    assert answer_of(json_error, said).error == "no such model"
    assert name_of(said, url="http://a.test/v1/chat/completions") == "openai-chat"


def test_an_error_among_other_things_is_not_its() -> None:
    assert name_of({"error": None}) is None
    assert name_of({"error": "no"}, {"some": "thing"}) is None
    assert name_of({"error": "no"}, "text") is None
