import json
import math

import pytest
from said import message

from ssetape.errors import MessageError
from ssetape.protocols import _values


def test_json_is_taken_as_javascript_takes_it() -> None:
    assert _values.parse(' {"a": [1]} ') == {"a": [1]}
    assert _values.parse('"\\ud83d"') == "\ud83d"
    assert math.isnan(_values.parse("NaN"))


@pytest.mark.parametrize("text", ["", "{", "nope", '{"a":1} x', "[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    with pytest.raises(MessageError, match="expected JSON, found"):
        _values.parse(text)


def test_an_object_is_asked_for_by_its_name() -> None:
    assert _values.parse_object('{"a":1}') == {"a": 1}
    with pytest.raises(MessageError, match="expected a JSON object, found"):
        _values.parse_object("[1]")


def test_values_of_another_type_are_nothing() -> None:
    assert (_values.obj([1]), _values.items({"a": 1}), _values.string(1)) == ({}, [], "")
    assert (_values.number("1"), _values.number(True), _values.number(4)) == (0, 0, 4)
    assert list(_values.objects([1, {"a": 1}, None])) == [{"a": 1}]


def test_values_as_text() -> None:
    assert _values.json_of({"a": ["é", 1]}) == '{"a":["é",1]}'
    assert (_values.json_of(None), _values.as_text("x"), _values.as_text([1])) == ("", "x", "[1]")


def test_the_first_objects_are_those_of_the_first_messages() -> None:
    said = [message(text) for text in ("x", '{"a":1}', "{", "[1]", '{"b":2}')]
    assert list(_values.first_objects(said)) == [{"a": 1}, {"b": 2}]
    many = [message(json.dumps({"n": n})) for n in range(50)]
    assert len(list(_values.first_objects(many))) == 8


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("plain", "plain"),
        ({"message": "m", "code": 1}, "m"),
        ({"error": {"message": "deep"}}, "deep"),
        ({"detail": "d"}, "d"),
        ({"code": 5}, "5"),
        ({"other": 1}, '{"other":1}'),
        (None, ""),
    ],
)
def test_an_error_says_what_it_is(error: object, text: str) -> None:
    assert _values.error_text(error) == text
