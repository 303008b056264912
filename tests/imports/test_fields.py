from typing import Any

import pytest

from ssetape.errors import SourceError
from ssetape.imports import _fields


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (_fields.an_object, []),
        (_fields.an_object, None),
        (_fields.a_list, {}),
        (_fields.text, []),
        (_fields.text, True),
        (_fields.number, "five"),
        (_fields.number, "1e3"),
        (_fields.number, True),
        (_fields.number, float("nan")),
        (_fields.number, float("inf")),
        (_fields.number, 10**400),
        (_fields.number, -1e300),
    ],
)
def test_what_is_not_as_expected_is_said_with_its_place(take: Any, value: Any) -> None:
    with pytest.raises(SourceError, match=r"a\.b: expected an? \w+, found"):
        take(value, "a.b")


def test_what_is_absent_is_empty() -> None:
    assert _fields.a_list(None, "x") == []
    assert _fields.text(None, "x") == ""
    assert _fields.number(None, "x") is None


def test_a_header_is_one_line_of_one_character_a_byte() -> None:
    assert _fields.header_value(" a\r\nb ") == "a  b"
    assert _fields.header_value("\u20ac") == "\xe2\x82\xac"
    assert _fields.header_value("\xe9") == "\xe9"


def test_quotes_that_are_missing_or_too_many_do_not_matter() -> None:
    assert _fields.text(1.1, "x") == "1.1"
    assert _fields.text(b"caf\xc3\xa9", "x") == "caf\xe9"
    assert _fields.number("200", "x") == 200
    assert _fields.number("-1.5", "x") == -1.5
    assert _fields.number("", "x") is None
