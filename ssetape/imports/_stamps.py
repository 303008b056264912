"""Reads lines with a time before each, as written by `ts` of moreutils and similar scripts."""

import re
from datetime import UTC, datetime
from itertools import pairwise

_CLOCK = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d(?:\.\d+)?)"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_FORMS = [
    re.compile(rf"(?P<month>[A-Z][a-z]{{2}}) (?P<day>[ \d]\d) {_CLOCK}(?: |$)"),  # ts
    re.compile(rf"(?P<date>\d{{4}}-\d\d-\d\d)[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?(?: |$)"),
    re.compile(rf"{_CLOCK}(?: |$)"),  # ts -s, ts -i
    re.compile(r"(?P<seconds>\d+\.\d+)(?: |$)"),  # ts %.s
]
_FIELD = re.compile(r"(?:data|event|id|retry)?:")
_DAY_S = 86_400.0


def stamped_lines(text: str) -> list[tuple[float, str]] | None:
    """The lines of an event stream, with their seconds since the first; None if it is not one.

    Times of day may pass midnight. Times that go back in any other way are taken as relative to the
    previous line (`ts -i`).
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    lines = [line.removesuffix("\r") for line in lines]
    for form in _FORMS:
        matches = [form.match(line) for line in lines]
        if not matches or matches[0] is None:
            continue
        found: list[tuple[float, str]] = []
        for match, line in zip(matches, lines, strict=True):
            if match is None:
                break  # a line that was cut off, such as the last of the file's start
            found.append((_seconds(match), line[match.end() :]))
        if len(found) < len(lines) - 1 or not any(_FIELD.match(rest) for _, rest in found):
            continue
        return _since_the_first(found)
    return None


def _seconds(match: re.Match[str]) -> float:
    fields = match.groupdict()
    if fields.get("seconds"):
        return float(fields["seconds"])
    seconds = int(fields["h"]) * 3600 + int(fields["m"]) * 60 + float(fields["s"])
    days = 0
    try:
        if fields.get("date"):
            moment = datetime.strptime(fields["date"], "%Y-%m-%d").replace(tzinfo=UTC)
            days = int(moment.timestamp()) // 86_400
        elif fields.get("month") in _MONTHS:
            month = _MONTHS.index(fields["month"]) + 1
            # A leap year: ts does not give the year, and only differences matter.
            moment = datetime(2024, month, int(fields["day"]), tzinfo=UTC)
            days = int(moment.timestamp()) // 86_400
    except ValueError:
        pass  # not a date: only the time of day counts
    return days * _DAY_S + seconds


def _since_the_first(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    times = [t_s for t_s, _ in lines]
    steps = [after - before for before, after in pairwise(times)]
    if any(-_DAY_S / 2 < step < 0 for step in steps):  # each is relative to the previous
        total_s, since = 0.0, []
        for t_s in [0.0, *times[1:]]:
            total_s += t_s
            since.append(total_s)
    else:
        days_s, since = 0.0, [0.0]
        for step, t_s in zip(steps, times[1:], strict=True):
            days_s += _DAY_S if step < 0 else 0.0
            since.append(t_s + days_s - times[0])
    return [(t_s, rest) for t_s, (_, rest) in zip(since, lines, strict=True)]
