from said import answer_of, name_of

from ssetape.protocols import writer


def test_values_are_the_text() -> None:
    answer = answer_of(writer, {"value": "Hi"}, {"value": "!"}, {"error": "no"})
    assert (answer.text, answer.error, answer.done) == ("Hi!", "no", None)


def test_it_is_recognised_by_having_nothing_else() -> None:
    assert name_of({"value": "x"}) == "writer"
    assert name_of({"value": 1}) is None
    assert name_of({"value": "x", "id": 1}) is None
