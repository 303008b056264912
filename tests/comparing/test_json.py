import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.comparing.json import Difference, differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({"a": 1}, {"a": 2}, [("x.a", 1, 2)]),
        (
            {"a": {"b": [1, 2]}},
            {"a": {"b": [1, 3, 4]}},
            [("x.a.b[1]", 2, 3), ("x.a.b[2]", None, 4)],
        ),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("x.a", 1, None), ("x.c", None, 3)]),
        (1, "1", [("x", 1, "1")]),
        (True, 1, [("x", True, 1)]),
        ([1], {}, [("x", [1], {})]),
    ],
)
def test_where_values_differ(first: Any, second: Any, found: Any) -> None:
    assert list(differences(first, second, "x")) == [Difference(*each) for each in found]


@given(VALUES, VALUES)
def test_equal_values_and_those_alone_have_no_differences(first: Any, second: Any) -> None:
    assert list(differences(first, first, "x")) == []
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (list(differences(first, second, "x")) == []) == same


def test_depth_has_a_limit() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert list(differences(deep, [deep], "x"))
