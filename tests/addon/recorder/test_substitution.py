import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.addon.recorder.substitution import Substitution

EVENTS = [b"data: one\n\n", b"data: two\n\n", b"data: one and one\n\n"]


def changed(subject: bytes, replacement: bytes, units: list[bytes] = EVENTS) -> list[bytes]:
    rule = Substitution(subject, replacement)
    return [rule(unit) for unit in units]


def test_each_unit_is_changed() -> None:
    assert changed(b"one", b"1") == [b"data: 1\n\n", b"data: two\n\n", b"data: 1 and 1\n\n"]


def test_the_replacement_is_taken_as_it_is() -> None:
    assert changed(b"two", rb"\1\n")[1] == b"data: \\1\\n\n\n"


def test_a_body_has_one_beginning_and_its_end_is_not_known() -> None:
    assert changed(b"^", b": hi\n\n")[:2] == [b": hi\n\ndata: one\n\n", b"data: two\n\n"]
    assert changed(rb"\Adata", b"x")[:2] == [b"x: one\n\n", b"data: two\n\n"]
    assert changed(b"(?m)^data", b"x")[1:] == [b"x: two\n\n", b"x: one and one\n\n"]
    assert changed(b"$", b"x") == EVENTS
    assert changed(rb"\n\Z", b"x") == EVENTS


def test_a_lookbehind_sees_the_unit_before() -> None:
    assert changed(rb"(?<=one\n\n)data", b"x")[:2] == [b"data: one\n\n", b"x: two\n\n"]


@pytest.mark.parametrize("subject", [b"data.*", b"t.+", b"one[^z]*"])
def test_a_match_that_would_go_on_changes_nothing_and_is_noted(subject: bytes) -> None:
    rule = Substitution(subject, b"x")
    assert [rule(unit) for unit in EVENTS] == EVENTS
    assert rule.reached_on


def test_a_match_that_ends_with_its_unit_is_one() -> None:
    rule = Substitution(rb"one.*?\n\n", b"1\r\n\r\n")
    assert rule(EVENTS[0]) == b"data: 1\r\n\r\n"
    assert not rule.reached_on


def test_a_match_of_nothing_between_two_units_is_found_once() -> None:
    assert b"".join(changed(b"(?=data)", b">")) == re.sub(b"(?=data)", b">", b"".join(EVENTS))
    assert b"".join(changed(b"x*", b"-")) == re.sub(b"x*", b"-", b"".join(EVENTS))[:-1]


@given(
    units=st.lists(st.text("ab: 1", max_size=12).map(lambda text: text.encode() + b"\n\n")),
    subject=st.sampled_from(
        [b"a", b"ab+", b"[^\\n]+", rb"\bab\b", b"(?:a|b1)?", b"a(?! )", b"(?<=\n)a", b"^a", rb"\s+"]
    ),
    replacement=st.sampled_from([b"", b"x", b"a"]),
)
def test_units_become_what_the_whole_body_becomes(
    units: list[bytes], subject: bytes, replacement: bytes
) -> None:
    body = b"".join(units)
    whole = Substitution(subject, replacement).whole(body)
    found = b"".join(changed(subject, replacement, units))
    if subject == b"(?:a|b1)?":
        whole = whole.removesuffix(replacement)  # the nothing at the end, which is not known
    if subject != rb"\s+" or not re.search(rb"\n\n[ \n]", body):  # that reaches across
        assert found == whole
