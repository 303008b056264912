import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape import protocols
from ssetape.replay.answers.fresh import OWN, Own, ids_in, later, like, seconds_of

RANDOM = bytes(range(0, 250, 7)) * 4


@pytest.mark.parametrize(
    ("old", "pattern"),
    [
        ("chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", r"chatcmpl-[A-Z0-9a-z]{29}"),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", r"msg_[0-9A-Za-z]{24}"),
        ("msg_bdrk_01DymfzSzuT6uAHxVNuKUpLT", r"msg_bdrk_[0-9A-Za-z]{24}"),
        ("resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", r"resp_[0-9a-f]{48}"),
        (
            "chatcmpl-7c9e6679-7425-40de-944b-e07fc1f90ae7",
            r"chatcmpl-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ),
        ("gen-1735000000-abcDEF", r"gen-\d{10}-[a-z]{3}[A-Z]{3}"),
        ("é-12", r"é-\d\d"),
    ],
)
def test_a_new_id_has_the_length_the_prefix_and_the_kinds_of_characters(
    old: str, pattern: str
) -> None:
    new = like(old, RANDOM)
    assert re.fullmatch(pattern, new)
    assert len(new.encode()) == len(old.encode())
    assert new != old


@given(old=st.text(max_size=40), random=st.binary(min_size=40, max_size=40))
def test_any_id_keeps_its_length_in_bytes(old: str, random: bytes) -> None:
    assert len(like(old, random).encode("utf-8", "surrogatepass")) == len(
        old.encode("utf-8", "surrogatepass")
    )


def test_ids_are_found_where_a_protocol_has_them() -> None:
    own = Own(ids=("message.id", "id"))
    messages = [
        {"message": {"id": "msg_12345"}, "id": 3},
        {"message": None},
        {"id": "short"},
        {"id": "msg_12345"},
        ["id"],
        {"id": "another-one"},
    ]
    assert ids_in(messages, own) == ["msg_12345", "another-one"]


def test_every_rule_is_for_a_protocol_that_is_read() -> None:
    assert set(OWN) <= {protocol.NAME for protocol in protocols.all_protocols()}


@pytest.mark.parametrize(
    ("value", "seconds", "moved"),
    [
        ("1741569952", 1741569952.0, "1741570952"),
        ("1741569952.25", 1741569952.0, "1741570952.25"),
        ("1741569952123", 1741569952.123, "1741570952123"),
        ('"2025-03-10T01:25:52Z"', 1741569952.0, '"2025-03-10T01:42:32Z"'),
        ('"2025-03-10T01:25:52.385406455Z"', 1741569952.0, '"2025-03-10T01:42:32.385406455Z"'),
        ('"2025-03-10T02:25:52.5+01:00"', 1741569952.0, '"2025-03-10T02:42:32.5+01:00"'),
        ('"2025-03-10 01:25:52"', 1741569952.0, '"2025-03-10 01:42:32"'),
    ],
)
def test_times_move_in_the_spelling_that_they_have(value: str, seconds: float, moved: str) -> None:
    assert seconds_of(value) == seconds
    assert later(value, 1_000) == moved
    assert later(moved, -1_000) == value


@pytest.mark.parametrize("value", ['"yesterday, about noon"', '"2025-13-45T01:25:52Z"'])
def test_what_is_no_time_stays(value: str) -> None:
    assert seconds_of(value) is None
    assert later(value, 1_000) == value


def test_a_time_never_gets_longer() -> None:
    assert later("999999999", 10) == "999999999"
    assert later('"9999-12-31T23:59:59Z"', 10) == '"9999-12-31T23:59:59Z"'
