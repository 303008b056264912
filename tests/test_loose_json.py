import math

import pytest

from ssetape import loose_json
from ssetape.errors import MessageError


def test_json_is_taken_as_javascript_takes_it() -> None:
    assert loose_json.parse(' {"a": [1]} ') == {"a": [1]}
    assert loose_json.parse('"\\ud83d"') == "\ud83d"
    assert math.isnan(loose_json.parse("NaN"))


@pytest.mark.parametrize("text", ["", "{", "nope", '{"a":1} x', "[" * 100_000])
def test_what_is_not_json_is_an_error(text: str) -> None:
    with pytest.raises(MessageError, match="expected JSON, found"):
        loose_json.parse(text)


def test_an_object_is_asked_for_by_its_name() -> None:
    assert loose_json.parse_object('{"a":1}') == {"a": 1}
    with pytest.raises(MessageError, match="expected a JSON object, found"):
        loose_json.parse_object("[1]")


def test_values_of_another_type_are_nothing() -> None:
    assert (loose_json.obj([1]), loose_json.items({"a": 1}), loose_json.string(1)) == ({}, [], "")
    assert (loose_json.number("1"), loose_json.number(True), loose_json.number(4)) == (0, 0, 4)
    assert list(loose_json.objects([1, {"a": 1}, None])) == [{"a": 1}]


def test_values_as_text() -> None:
    assert loose_json.json_of({"a": ["é", 1]}) == '{"a":["é",1]}'
    assert (loose_json.json_of(None), loose_json.as_text("x"), loose_json.as_text([1])) == (
        "",
        "x",
        "[1]",
    )
