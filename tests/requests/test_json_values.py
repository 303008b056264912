import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import MessageError
from ssetape.requests.json_values import canonical, parse_values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def key(text: str) -> bytes:
    return canonical(parse_values(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("100", "1e2"),
        ("[0]", "[-0.0]"),
        ("0", "-0"),
        ("0.1", "0.10000000000000001"),
        ("10000000000000000000000", "1e22"),
        ('{"a":1,"b":2}', ' {"b" : 2.0,\n"a":1e0}'),
        ('"é/"', '"\\u00e9\\/"'),
        ('"😀"', '"\\ud83d\\ude00"'),
    ],
)
def test_what_json_says_is_equal_is_equal(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", '"1"'),
        ("1", "true"),
        ("0", "null"),
        ("[1,2]", "[2,1]"),
        ("9007199254740993", "9007199254740992"),
        ("12345678901234567890123", "12345678901234567890124"),
        ("18446744073709551617", "18446744073709551616"),
        ("NaN", "null"),
        ('"\\ud800"', '"\\ud801"'),
        ("{}", "[]"),
    ],
)
def test_what_differs_differs(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(value=JSON)
def test_any_json_has_one_key_however_it_is_written(value: Any) -> None:
    texts = (
        json.dumps(value),
        json.dumps(value, indent=2, sort_keys=True),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
    assert len({key(text) for text in texts}) == 1


@pytest.mark.parametrize("text", ["", "{", "a=b", "[" * 200 + "]" * 200, "1" * 5000])
def test_what_is_no_json_says_so(text: str) -> None:
    with pytest.raises(MessageError):
        parse_values(text)
