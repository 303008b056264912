from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.protocols._json_path import set_at


@pytest.mark.parametrize(
    ("sets", "root"),
    [
        ([("$.a", 1)], {"a": 1}),
        ([("$.a", "x"), ("$.a", "y")], {"a": "xy"}),
        ([("$.a", 1), ("$.a", 2)], {"a": 2}),
        ([("$.a[1].b", True)], {"a": [None, {"b": True}]}),
        ([("$.a[1].b", "x"), ("$.a[0].b", "y")], {"a": [{"b": "y"}, {"b": "x"}]}),
        ([("$.a[0]", "x"), ("$.a[1]", "y")], {"a": ["x", "y"]}),
        ([("$['a b'].c", None)], {"a b": {"c": None}}),
        ([("$", 1), ("", 1)], {}),
        ([("$.a", 1), ("$.a.b", 1), ("$.a[3]", 1)], {"a": 1}),
        ([("$.a[999999999]", 1)], {"a": []}),
    ],
)
def test_values_are_put_at_their_paths(sets: list[tuple[str, Any]], root: dict[str, Any]) -> None:
    made: dict[str, Any] = {}
    for path, value in sets:
        set_at(made, path, value)
    assert made == root


@given(st.lists(st.tuples(st.text("$.[]'01ab"), st.text("xy") | st.integers())))
def test_no_path_is_an_error(sets: list[tuple[str, Any]]) -> None:
    made: dict[str, Any] = {}
    for path, value in sets:
        set_at(made, path, value)


@pytest.mark.parametrize(
    "path",
    ["$.a" + "[9999]" * 2000, "$.a" + "[0]" * 200, "$" + ".a" * 10_000, "$.a[" + "9" * 5000 + "]"],
)
def test_a_short_path_makes_nothing_large(path: str) -> None:
    made: dict[str, Any] = {}
    set_at(made, path, 1)
    assert made in ({}, {"a": []})
