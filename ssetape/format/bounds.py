"""Decides which numbers and dates a capture may have, and how much of it is held. Pure.

Captures come from anywhere, so every time, date and count passes here before another format sees
it. Whatever is let through fits into all of them: 64-bit integers, nanoseconds since 1970 in
OTLP, Python's and Arrow's dates. Standard library only.
"""

from datetime import UTC, datetime
from typing import Any

# A century: no exchange takes longer, and anything beyond it is a mistake or an attack.
LATEST_S = 3.2e9
# Nanoseconds from 1970 to this date, and a century more, fit into 64 bits with a sign.
LATEST_YEAR = 2150

# How much of one capture may be in memory at once as text, such as its answer: readers join and
# encode it, so that several copies exist for a moment. What is longer is cut, and said to be.
HELD_LIMIT_CHARACTERS = 32 * 1024 * 1024

_INTEGERS = range(-(2**63), 2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_SINCE_1970_S = datetime(LATEST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()


def is_time(t_s: Any) -> bool:
    """Whether a value is a time of a record: a finite number of seconds within a century."""
    return type(t_s) in (float, int) and abs(t_s) < LATEST_S


def integer(value: int | None) -> int | None:
    """The value; None if it does not fit into 64 bits."""
    return value if type(value) is int and value in _INTEGERS else None


def started(text: str) -> datetime | None:
    """When an exchange started, in UTC; None if the text is no date from 1970 to LATEST_YEAR.

    A date without a zone counts as UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _EPOCH.year <= moment.year <= LATEST_YEAR else None


def since_1970_s(moment: datetime | None) -> float:
    """A date as seconds since 1970; 0.0 for None."""
    return 0.0 if moment is None else (moment - _EPOCH).total_seconds()


def since_1970_ns(moment: datetime | None) -> int:
    """A date as nanoseconds since 1970, to the microsecond; 0 for None."""
    if moment is None:
        return 0
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def is_moment_ns(wall_ns: int) -> bool:
    """Whether nanoseconds since 1970 are a date up to LATEST_YEAR."""
    return 0 <= wall_ns < _LATEST_SINCE_1970_S * 10**9


def ns_of(seconds: Any) -> int | None:
    """Seconds since 1970 as nanoseconds, to the microsecond; None if that is no such date."""
    if type(seconds) not in (float, int) or not 0 <= seconds < _LATEST_SINCE_1970_S:
        return None
    return int(seconds * 1e6) * 1000
