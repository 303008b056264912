import json
import math

import pytest

from ssetape import loose_json
from ssetape.errors import MessageError
from ssetape.loose_json import DEPTH_LIMIT


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


def test_values_in_each_other_beyond_the_limit_are_no_json() -> None:
    deepest = "[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1)
    assert json.loads(deepest) == loose_json.parse(deepest)
    for deeper in (f"[{deepest}]", '{"a":' * 500 + "1" + "}" * 500, "[" * 5000 + "]" * 5000):
        with pytest.raises(MessageError, match="expected JSON, found"):
            loose_json.parse(deeper)
    assert loose_json.parse(f"[{'[],' * 1000}[]]") == [[]] * 1001


@pytest.mark.parametrize("number", ["9" * 400, "1e400", "-Infinity"])
def test_numbers_beyond_a_float_are_infinite_and_then_null(number: str) -> None:
    assert math.isinf(loose_json.parse(f'[{number}, "\\ud800"]')[0])
    assert loose_json.dumped([loose_json.parse(number), "\ud800"]) == b'[null, "?"]'


def test_integers_beyond_64_bits_are_floats_where_they_are_read() -> None:
    for text in (f"[{2**70}]", f'[{2**70}, "\\ud800"]'):
        assert type(loose_json.parse(text)[0]) is float
    assert loose_json.dumped({"a": 2**70}) == b'{"a": 1180591620717411303424}'


def test_anything_can_be_written() -> None:
    value = {1: {"a": (b"b", math.nan)}, "\udce9": [None, True, 2**64, {"c"}]}
    text = '{"1": {"a": ["b\'b\'", null]}, "?": [null, true, 18446744073709551616, "{\'c\'}"]}'
    assert loose_json.dumped(value).decode() == text
