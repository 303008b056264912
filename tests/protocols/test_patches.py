from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import MessageError
from ssetape.protocols._patches import Trees


def grown(*deltas: dict[str, Any]) -> Any:
    trees = Trees()
    root = None
    for delta in deltas:
        root = trees.apply(deepcopy(delta))
    return root


ROOT = {"p": "", "o": "add", "v": {"a": {"b": ["x"]}, "s": "t"}}


@pytest.mark.parametrize(
    ("deltas", "root"),
    [
        ([{"p": "/a/b/0", "o": "append", "v": "y"}], {"a": {"b": ["xy"]}, "s": "t"}),
        (
            [{"p": "/a/b/0", "o": "append", "v": "y"}, {"v": "z"}],
            {"a": {"b": ["xyz"]}, "s": "t"},
        ),
        ([{"p": "/a/b", "o": "append", "v": ["y"]}], {"a": {"b": ["x", "y"]}, "s": "t"}),
        ([{"p": "/a", "o": "append", "v": {"c": 1}}], {"a": {"b": ["x"], "c": 1}, "s": "t"}),
        ([{"p": "/s", "o": "replace", "v": "u"}], {"a": {"b": ["x"]}, "s": "u"}),
        ([{"p": "/s", "o": "remove"}], {"a": {"b": ["x"]}}),
        ([{"p": "/a/b/0", "o": "remove"}], {"a": {"b": []}, "s": "t"}),
        ([{"p": "/a/b/0", "o": "add", "v": "w"}], {"a": {"b": ["w", "x"]}, "s": "t"}),
        ([{"p": "/a/b/-", "o": "add", "v": "w"}], {"a": {"b": ["x", "w"]}, "s": "t"}),
        ([{"p": "/s", "o": "truncate", "v": 0}], {"a": {"b": ["x"]}, "s": ""}),
        ([{"p": "/n~1m~0", "o": "add", "v": 1}], {"a": {"b": ["x"]}, "s": "t", "n/m~": 1}),
        (
            [
                {
                    "p": "",
                    "o": "patch",
                    "v": [
                        {"p": "/s", "o": "append", "v": "!"},
                        {"p": "/new", "o": "append", "v": "n"},
                    ],
                }
            ],
            {"a": {"b": ["x"]}, "s": "t!", "new": "n"},
        ),
    ],
)
def test_operations(deltas: list[dict[str, Any]], root: Any) -> None:
    assert grown(ROOT, *deltas) == root


def test_every_channel_has_a_tree_of_its_own() -> None:
    trees = Trees()
    trees.apply({"p": "", "o": "add", "v": {"s": "a"}, "c": 0})
    trees.apply({"v": {"s": "b"}, "c": 1})
    assert trees.apply({"p": "/s", "o": "append", "v": "!"}) == {"s": "b!"}
    assert trees.apply({"v": "?", "c": 0}) == {"s": "a?"}


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        ({"p": "/no/where", "o": "append", "v": "x"}, "this path does not exist"),
        ({"p": "/s/0", "o": "add", "v": "x"}, "this path does not exist"),
        ({"p": "/a/b/x", "o": "add", "v": "x"}, "this path does not exist"),
        ({"p": "/s", "o": "twist", "v": "x"}, "unknown operation 'twist'"),
    ],
)
def test_a_patch_that_makes_no_sense_is_an_error(delta: dict[str, Any], said: str) -> None:
    with pytest.raises(MessageError, match=said):
        grown(ROOT, delta)


VALUES = st.none() | st.text("ab") | st.integers() | st.lists(st.text("a"), max_size=2)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "p": st.sampled_from(["", "/", "/a", "/a/b", "/a/b/0", "/s", "/-", "/a/b/-", "x"]) | VALUES,
        "o": st.sampled_from(["add", "replace", "append", "remove", "truncate", "patch"]) | VALUES,
        "v": VALUES | st.dictionaries(st.text("ab"), VALUES, max_size=2),
        "c": st.integers() | VALUES,
    },
)


@given(st.lists(PATCHES, max_size=8))
def test_no_patch_fails_in_another_way(deltas: list[dict[str, Any]]) -> None:
    trees = Trees()
    for delta in [ROOT, *deltas]:
        try:
            trees.apply(deepcopy(delta))
        except MessageError:
            pass


def test_a_path_deeper_than_anything_can_walk_is_refused() -> None:
    with pytest.raises(MessageError, match="more than 100 levels deep"):
        grown(ROOT, {"p": "/a" * 101, "o": "append", "v": "x"})
