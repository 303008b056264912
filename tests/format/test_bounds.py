import math
from datetime import UTC, datetime

import pytest

from ssetape.format import bounds


@pytest.mark.parametrize("t_s", [0, 0.0, -0.5, 3, 3.1e9, -3.1e9])
def test_times_within_a_century_are_times(t_s: float) -> None:
    assert bounds.is_time(t_s)


@pytest.mark.parametrize(
    "t_s", [math.inf, -math.inf, math.nan, 3.3e9, -3.3e9, 10**400, 2**64, True, "1", None, [1]]
)
def test_nothing_else_is(t_s: object) -> None:
    assert not bounds.is_time(t_s)


def test_integers_fit_into_64_bits() -> None:
    for value in (0, -(2**63), 2**63 - 1):
        assert bounds.integer(value) == value
    for beyond in (2**63, -(2**63) - 1, 10**400, None):
        assert bounds.integer(beyond) is None


@pytest.mark.parametrize("text", ["2026-11-23T09:30:12.5Z", "2026-11-23T10:30:12.5+01:00"])
def test_a_start_is_in_utc(text: str) -> None:
    moment = datetime(2026, 11, 23, 9, 30, 12, 500_000, UTC)
    assert bounds.started(text) == moment
    assert bounds.since_1970_s(moment) == 1_795_426_212.5
    assert bounds.since_1970_ns(moment) == 1_795_426_212_500_000_000
    assert bounds.ns_of(1_795_426_212.5) == 1_795_426_212_500_000_000


def test_a_start_without_a_zone_counts_as_utc() -> None:
    assert bounds.started("2026-11-23T09:30:12") == datetime(2026, 11, 23, 9, 30, 12, 0, UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-99-99", "99999-01-01", "1969-12-31T23:59:59Z", "2151-01-01"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\ud800", "-1"),
    ],
)
def test_what_no_format_can_have_is_no_start(text: str) -> None:
    assert bounds.started(text) is None
    assert (bounds.since_1970_s(None), bounds.since_1970_ns(None)) == (0.0, 0)


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan, 1e20, 10**400, None, "1", True])
def test_what_is_no_date_has_no_nanoseconds(seconds: object) -> None:
    assert bounds.ns_of(seconds) is None
