"""Counts what came past a recorder and left no capture, so that it can say why.

Every count is bounded: a page makes thousands of requests, and a client may retry for days.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

# Different rows of a table that are kept; what comes after them is counted in one row for all.
_ROWS_LIMIT = 100
# Different kinds and hosts that a line names.
_NAMED = 5
# Of a name that came from outside.
_NAME_LIMIT_CHARS = 100
_OTHERS = "others"

# By the end of a media type, or its beginning: how people call it.
_KINDS = (
    ("json", "JSON"),
    ("html", "HTML"),
    ("javascript", "script"),
    ("css", "CSS"),
    ("xml", "XML"),
)
_FAMILIES = ("image", "font", "audio", "video", "text")


class Kind(NamedTuple):
    """What an ordinary response is: JSON, HTML, ..., and its status (0: of several)."""

    name: str
    status: int

    def __str__(self) -> str:
        return f"{self.name} {self.status}" if self.status else self.name


class Failure(NamedTuple):
    """Why no answer came: what could not be reached or used, the reason, and what to do next."""

    address: str
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}" + (f"; {self.advice}" if self.advice else "")


_OTHER_KINDS = Kind(_OTHERS, 0)
_OTHER_FAILURES = Failure("other addresses", "failed too")


class Unrecorded:
    """The counts of one recorder.

    Attributes:
        ordinary: responses that do not stream, by kind.
        excluded: the number of responses that the filter excludes.
        refused: the number of requests that a fault refused.
        failures: answers that did not come.
        background: requests that a browser made of its own accord, by host.
    """

    def __init__(self) -> None:
        self.ordinary: Counter[Kind] = Counter()
        self.excluded = 0
        self.refused = 0
        self.failures: Counter[Failure] = Counter()
        self.background: Counter[str] = Counter()

    @property
    def has_come(self) -> bool:
        """Whether anything came, apart from what a browser asks of its own accord."""
        return bool(self.ordinary or self.excluded or self.refused or self.failures)

    def clear(self) -> None:
        """Begin again from nothing."""
        self.__init__()  # type: ignore[misc]

    def add_ordinary(self, media_type: str, status: int) -> None:
        """Count a response that does not stream."""
        _add(self.ordinary, Kind(_kind(media_type), status), _OTHER_KINDS)

    def add_failure(self, failure: Failure) -> bool:
        """Count an answer that did not come; return whether it is the first of its kind."""
        address, reason = failure.address[:_NAME_LIMIT_CHARS], failure.reason[:_NAME_LIMIT_CHARS]
        return _add(self.failures, Failure(address, reason, failure.advice), _OTHER_FAILURES)

    def add_background(self, host: str) -> None:
        """Count a request that a browser made of its own accord."""
        _add(self.background, host[:_NAME_LIMIT_CHARS], _OTHERS)

    def lines(self, records_all: str) -> list[str]:
        """What came and was not recorded, a line each.

        Args:
            records_all: the option that records ordinary responses too.
        """
        return list(self._lines(records_all))

    def _lines(self, records_all: str) -> Iterator[str]:
        if count := self.ordinary.total():
            do_not, them = ("does not", "it") if count == 1 else ("do not", "them")
            what = f"{_responses(count)} came that {do_not} stream"
            yield f"{what} ({named(self.ordinary)}): {records_all} records {them}"
        if self.excluded:
            yield f"{_responses(self.excluded)} came that the filter excludes"
        if self.refused:
            was = "request was" if self.refused == 1 else "requests were"
            yield f"{self.refused} {was} refused on purpose, by a fault"
        for failure, count in self.failures.most_common(_NAMED):
            yield f"no answer{f' (x{count})' if count > 1 else ''} from {failure}"
        if (further := len(self.failures) - _NAMED) > 0:
            yield f"and {further} more reasons why no answer came"
        if count := self.background.total():
            requests = f"request{'s' * (count != 1)}"
            yield f"the browser's own {requests}, answered with nothing: {named(self.background)}"

    def fields(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "ordinary": [
                {"kind": kind.name, "status": kind.status or None, "count": count}
                for kind, count in self.ordinary.most_common()
            ],
            "excluded": self.excluded,
            "refused": self.refused,
            "failures": [
                {"address": failure.address, "reason": failure.reason, "count": count}
                for failure, count in self.failures.most_common()
            ],
            "background": dict(self.background.most_common()),
        }


# Here and not in addon/record.py: mitmproxy reloads that file when it changes.
unrecorded = Unrecorded()


def named(counts: Counter[Any]) -> str:
    """The most frequent rows with their counts: "JSON 200 x2, HTML 404"."""
    words = [f"{row} x{n}" if n > 1 else f"{row}" for row, n in counts.most_common(_NAMED)]
    further = len(counts) - len(words)
    return ", ".join([*words, *([f"and {further} more"] if further > 0 else [])])


def _responses(count: int) -> str:
    return f"{count} response{'s' * (count != 1)}"


def _add(counts: Counter[Any], row: Any, others: Any) -> bool:
    """Count a row, or, of too many, the one for all others; return whether it is new."""
    if row not in counts and len(counts) >= _ROWS_LIMIT:
        row = others
    counts[row] += 1
    return bool(counts[row] == 1)


def _kind(media_type: str) -> str:
    name = media_type.partition(";")[0].strip().lower()
    if not name:
        return "untyped"
    known = next((word for end, word in _KINDS if name.endswith(end)), None)
    family = name.partition("/")[0]
    return known or (family if family in _FAMILIES else name[:_NAME_LIMIT_CHARS])
