import json

import pytest
from said import clues, message

from ssetape import protocols
from ssetape.facts import Model
from ssetape.protocols import _conventions


def test_the_first_objects_are_those_of_the_first_messages() -> None:
    said = [message(text) for text in ("x", '{"a":1}', "{", "[1]", '{"b":2}')]
    assert list(_conventions.first_objects(said)) == [{"a": 1}, {"b": 2}]
    many = [message(json.dumps({"n": n})) for n in range(50)]
    assert len(list(_conventions.first_objects(many))) == 8


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
    assert _conventions.error_text(error) == text


def test_a_message_is_parsed_once_for_all_protocols() -> None:
    _conventions.parsed_once.cache_clear()
    messages = [message({"some": "thing"}), message("{no JSON"), message("[1]")]
    assert protocols.recognise(clues()._replace(messages=messages)) is None
    # And nothing of it is held afterwards.
    assert _conventions.parsed_once.cache_info().currsize == 0
    assert list(_conventions.first_objects(messages * 9)) == [{"some": "thing"}] * 8
    assert _conventions.parsed_once.cache_info().misses == 2


def test_a_model_is_named_once() -> None:
    name = _conventions.ModelName()
    found = [fact for value in ("a", "a", None, 5, "", "b") for fact in name.facts(value)]
    assert found == [Model("a"), Model("b")]
