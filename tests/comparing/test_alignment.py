import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.comparing import alignment
from ssetape.comparing.alignment import aligned


def shown(first: str, second: str) -> list[tuple[bool, str, str]]:
    return [(equal, first[one], second[other]) for equal, one, other in aligned(first, second)]


def test_what_is_added_or_changed_is_a_stretch() -> None:
    assert shown("abcdef", "abXdYf") == [
        (True, "ab", "ab"),
        (False, "c", "X"),
        (True, "d", "d"),
        (False, "e", "Y"),
        (True, "f", "f"),
    ]
    assert shown("", "") == []
    assert shown("aa", "aaa") == [(True, "aa", "aa"), (False, "", "a")]


@pytest.mark.parametrize("limit", [0, 3, 10**6])
@given(first=st.text("ab", max_size=12), second=st.text("abc", max_size=12))
def test_stretches_are_all_of_both(limit: int, first: str, second: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_PAIRS_LIMIT", limit)
        found = shown(first, second)
    assert "".join(one for _, one, _ in found) == first
    assert "".join(other for _, _, other in found) == second
    assert all(one == other for equal, one, other in found if equal)
    assert all(one or other for _, one, other in found)
    assert first != second or [equal for equal, _, _ in found] in ([], [True])


def test_what_would_take_minutes_is_one_stretch() -> None:
    first, second = "ab" * 10_000, "bc" * 10_000
    assert shown(first, second) == [(False, first, second)]
    assert [equal for equal, _, _ in shown("x" + first + "y", "x" + second + "y")] == [
        True,
        False,
        True,
    ]
