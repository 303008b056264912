"""The requests and answers of a test, and the assertions on them."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from ssetape.capture import Capture
from ssetape.format.values import WEBSOCKET, Headers
from ssetape.output.printable import printable_lines
from ssetape.requests.content import undone
from ssetape.requests.location import normal_path

from .why_command import why_command

# Section titles in the report of a failed test.
MISSES = "ssetape: requests that no capture answered"
ASKED = "ssetape: requests"
# The report lists this many requests, the last ones.
_LINES = 50


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that was received.

    Attributes:
        path: without the query, as sent (still percent-encoded).
        query: all values, by name.
        headers: by name in lower case; values of equal names are joined by ", ".
        body: as sent.
        capture: the capture file that answered; None if none did.
        answer: the answer, in one line.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    capture: Path | None = None
    answer: str = ""

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        capture: Path | None = None,
        answer: str = "",
    ) -> "Requested":
        """Parse a request."""
        if "://" in target.partition("?")[0]:
            target = "/" + target.partition("://")[2].partition("/")[2]
        path, _, query = target.partition("?")
        by_name: dict[str, str] = {}
        for name, value in headers:
            name = name.lower()
            by_name[name] = f"{by_name[name]}, {value}" if name in by_name else value
        parsed = parse_qs(query, keep_blank_values=True)
        return cls(method, path, parsed, by_name, body, capture, answer)

    def json(self) -> Any:
        """The body as JSON, without its Content-Encoding.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(undone(list(self.headers.items()), self.body))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that no capture answered, and the captures nearest to it."""

    asked: str
    nearest: Sequence[Mapping[str, Any]]
    body: bytes = b""

    def text(self) -> str:
        """The request, and for each near capture why it did not answer."""
        lines = [self.asked]
        for near in self.nearest:
            lines.append(f"  {near['capture']} has {near['method']} {near['url']}")
            lines += [f"    {how}" for how in near["differs"] or ["for another host"]]
        if not self.nearest:
            lines.append("  there are no captures")
        return "\n".join(lines)


class Seen(ABC):
    """The requests to a fixture, and the assertions on them."""

    def __init__(
        self,
        captures: Sequence[Capture] = (),
        problems: Sequence[str] = (),
        matching: Sequence[str] = (),
    ) -> None:
        self._captures = captures
        self._problems = problems
        self._matching = matching
        self._misses: list[Miss] = []

    @property
    @abstractmethod
    def requests(self) -> list[Requested]:
        """The requests so far, in order."""

    @abstractmethod
    def served(self) -> list[dict[str, Any]]:
        """The answers so far, in the order of the requests; the keys are those of `Control`.

        `capture` (None if none answered), `status`, `outcome` ("complete", "cut", "left",
        "streaming", "waiting", "said"), `method`, `target`, ...
        """

    @property
    def misses(self) -> list[str]:
        """The requests that no capture answered, as text, with the nearest captures and why not."""
        return [miss.text() for miss in self._misses]

    def assert_requested(
        self, method: str, path: str, *, times: int | None = None
    ) -> list[Requested]:
        """Assert that a request was made; return the matching requests.

        Args:
            path: in any spelling, or percent-decoded; `*` matches anything.
            times: how often; None for once or more, 0 for never.

        Raises:
            AssertionError: it was not made, or not that often.
        """
        __tracebackhide__ = True
        requests = self.requests
        fitting = [each for each in requests if each.method == method and _fits(each.path, path)]
        if len(fitting) == times or (times is None and fitting):
            return fitting
        wanted = "once or more" if times is None else _times(times)
        lines = [f"expected {method} {path} {wanted}, found it {_times(len(fitting))}; requests:"]
        lines += [f"  {each}" for each in requests] or ["  none"]
        raise AssertionError(printable_lines("\n".join(lines)))

    def assert_all_consumed(self) -> None:
        """Assert that every capture was requested, and every stream was sent to its end.

        A stream that a capture or a fault cuts ends at the cut.

        Raises:
            AssertionError: a capture was not requested, or a stream not sent to its end.
        """
        __tracebackhide__ = True
        served = self.served()
        lines = []
        for capture in self._captures:
            answers = [each for each in served if each["capture"] == capture.name]
            if not answers:
                request = capture.request
                lines.append(f"never requested: {shown(capture.path)}")
                lines.append(f"  which answers {request.method} {request.url}")
            elif capture.kind != WEBSOCKET:
                lines += [_unfinished(each) for each in answers if not _is_at_its_end(each)]
        if lines:
            lines.insert(0, "not all captures were consumed:")
            lines += [f"no capture answered {miss.asked}" for miss in self._misses]
            raise AssertionError(printable_lines("\n  ".join(lines)))

    def sections(self) -> list[tuple[str, str]]:
        """The sections for the report of a failed test, as (title, text)."""
        sections = []
        if self._misses:
            files = [shown(capture.path) for capture in self._captures]
            last = self._misses[-1]
            command = why_command(last.asked, last.body, self._matching, files)
            texts = [*self.misses, f"For details: {command}"]
            sections.append((MISSES, "\n".join(texts)))
        lines = [f"left out: {problem}" for problem in self._problems]
        lines += [_answered(each) for each in self.requests[-_LINES:]]
        sections.append((ASKED, "\n".join(lines or ["none"])))
        return sections


def _fits(path: str, pattern: str) -> bool:
    if "*" in pattern:
        return fnmatchcase(path, pattern.replace("[", "[[]").replace("?", "[?]"))
    return pattern in (path, unquote(path)) or normal_path(pattern) == normal_path(path)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _is_at_its_end(served: Mapping[str, Any]) -> bool:
    return served["outcome"] in ("complete", "cut")


def _unfinished(served: Mapping[str, Any]) -> str:
    so_far = f", {served['events']} events sent" if "events" in served else ""
    what = f"{served['method']} {served['target']}"
    return f"not sent to its end: {served['capture']} to {what}: {served['outcome']}{so_far}"


def _answered(request: Requested) -> str:
    is_miss = request.capture is None and " <- MISS: " in request.answer
    return f"{request} <- no capture" if is_miss else request.answer or str(request)


def shown(path: object) -> str:
    """A path relative to the current folder, if it is inside it."""
    relative = os.path.relpath(str(path))
    return str(path) if relative.startswith("..") else relative
