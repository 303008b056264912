import json

import pytest
from said import message

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
