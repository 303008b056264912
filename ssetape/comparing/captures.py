"""Compares two captures."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest
from typing import NamedTuple

from ssetape.capture import Capture
from ssetape.comparing.alignment import aligned
from ssetape.comparing.effect_size import cliffs_delta
from ssetape.comparing.json import Difference, differences
from ssetape.format.values import Headers, Request
from ssetape.meaning.answer import Answer
from ssetape.measures.measure import measure_with_answer
from ssetape.measures.measurement import Measurement
from ssetape.messages.reading import messages_of
from ssetape.requests.content import Kind, content_of
from ssetape.requests.location import Location, located

# Headers that differ in every exchange and mean nothing.
_OF_THE_MOMENT = frozenset({"date", "age", "x-request-id", "request-id", "cf-ray", "traceparent"})
# Those that tell how a body is spelled: of equal bodies, they mean nothing either.
_OF_THE_SPELLING = frozenset({"content-encoding", "content-length", "content-type"})
_WORD = re.compile(r"\s*\S+|\s+")
# Longer texts are compared only as a whole: a word diff takes quadratic time.
_WORDS_LIMIT = 20_000
_CHARACTERS_LIMIT = 1_000_000
# Gaps are compared by this many quantiles of each capture.
_QUANTILES = 100


class TextChange(NamedTuple):
    """A piece of the answers: the same in both, or the first's text and the second's instead."""

    is_same: bool
    first: str
    second: str


class FirstUnlike(NamedTuple):
    """The first event that differs: its number, and its data in each capture (None if absent)."""

    number: int
    first: str | None
    second: str | None


@dataclass(slots=True)
class Comparison:
    """What differs between two captures.

    Attributes:
        first, second: the measurement of each.
        request, response: differences between the requests, and between the responses.
        event_counts: for each event type, how many each capture has.
        first_unlike: the first event that differs, or None if all are the same.
        text: the answers, split where they differ; [] if the protocol of either is unknown.
        said: other differences between the answers: reasoning, tool calls, stop, usage, ...
        gaps_delta: Cliff's delta of the second's gaps against the first's; None if either has none.
    """

    first: Measurement
    second: Measurement
    request: list[Difference] = field(default_factory=list)
    response: list[Difference] = field(default_factory=list)
    event_counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    first_unlike: FirstUnlike | None = None
    text: list[TextChange] = field(default_factory=list)
    said: list[Difference] = field(default_factory=list)
    gaps_delta: float | None = None

    @property
    def is_same(self) -> bool:
        """Whether at most the rhythm differs."""
        parts = (self.request, self.response, self.first_unlike, self.said)
        return not any(parts) and all(change.is_same for change in self.text)


def compare(first: Capture, second: Capture) -> Comparison:
    """Compare two captures.

    Raises:
        CaptureError: a capture cannot be read, or only in part.
    """
    read = [measure_with_answer(capture) for capture in (first, second)]
    answers = [answer for _, answer in read]
    made = Comparison(first=read[0][0], second=read[1][0])
    made.request = list(_requests(first.request, second.request))
    made.response = list(_heads(first, second))
    ends = [measured.end for measured, _ in read]
    if ends[0] != ends[1]:
        made.response.append(Difference("end", *ends))
    _compare_events(made, first, second)
    if all(answer.protocol is not None for answer in answers):
        made.text = list(_changes(answers[0].text, answers[1].text))
        made.said = list(differences(_rest(answers[0]), _rest(answers[1]), "answer"))
    samples = [_gaps(measured) for measured in (made.first, made.second)]
    if all(samples):
        made.gaps_delta = cliffs_delta(*samples)
    return made


def _requests(first: Request, second: Request) -> Iterator[Difference]:
    if first.method != second.method:
        yield Difference("method", first.method, second.method)
    if _address(first.url) != _address(second.url):
        yield Difference("url", first.url, second.url)
    if first.http_version != second.http_version:
        yield Difference("http_version", first.http_version, second.http_version)
    one, other = (content_of(each.headers, each.body or b"") for each in (first, second))
    is_same_body = (one.kind, one.value) == (other.kind, other.value)
    yield from _headers(first.headers, second.headers, _OF_THE_SPELLING if is_same_body else ())
    if is_same_body:
        return
    if one.kind is other.kind and one.kind not in (Kind.TEXT, Kind.BYTES):
        yield from differences(one.value, other.value, "body")
    else:
        yield Difference("body", *(f"{each.size_bytes} bytes" for each in (one, other)))


def _address(url: str) -> tuple[str, Location]:
    """A URL in one spelling, with its parameters in any order."""
    at = located(url)
    return url.partition("://")[0].lower(), replace(at, query=tuple(sorted(at.query)))


def _heads(first: Capture, second: Capture) -> Iterator[Difference]:
    one, other = first.response, second.response
    if one is None or other is None:
        if one is not other:
            found = (f"status {each.status}" if each else None for each in (one, other))
            yield Difference("head", *found)
        return
    for name in ("status", "http_version", "from_cache"):
        if getattr(one, name) != getattr(other, name):
            yield Difference(name, getattr(one, name), getattr(other, name))
    yield from _headers(one.sent_headers, other.sent_headers)


def _headers(
    first: Headers, second: Headers, without: Collection[str] = ()
) -> Iterator[Difference]:
    one, other = _by_name(first), _by_name(second)
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name) and name not in {*_OF_THE_MOMENT, *without}:
            yield Difference(f"header {name}", one.get(name), other.get(name))


def _by_name(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _compare_events(made: Comparison, first: Capture, second: Capture) -> None:
    """Compare event by event, holding one pair at a time."""
    counts: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for number, pair in enumerate(zip_longest(_events(first), _events(second))):
        for count, each in zip(counts, pair, strict=True):
            if each is not None:
                count[each[0]] += 1
        if pair[0] != pair[1] and made.first_unlike is None:
            shown = (None if each is None else each[1] for each in pair)
            made.first_unlike = FirstUnlike(number, *shown)
    names = dict.fromkeys([*counts[0], *counts[1]])
    made.event_counts = {name: (counts[0][name], counts[1][name]) for name in names}


def _events(capture: Capture) -> Iterator[tuple[str, str]]:
    return ((message.name, message.data) for message in messages_of(capture))


def _changes(first: str, second: str) -> Iterator[TextChange]:
    if max(len(first), len(second)) > _CHARACTERS_LIMIT:
        yield TextChange(first == second, first, second)
        return
    one: list[str] = _WORD.findall(first)
    other: list[str] = _WORD.findall(second)
    if max(len(one), len(other)) > _WORDS_LIMIT:
        yield TextChange(first == second, first, second)
        return
    for is_equal, first_words, second_words in aligned(one, other):
        yield TextChange(is_equal, "".join(one[first_words]), "".join(other[second_words]))


def _rest(answer: Answer) -> dict[str, object]:
    """An answer as plain values, without its text."""
    value = asdict(answer)
    del value["problems"], value["parts"]
    for choice in value["choices"]:
        del choice["text"]
    return value


def _gaps(measured: Measurement) -> list[float]:
    shares = ((n + 0.5) / _QUANTILES for n in range(_QUANTILES))
    found = (measured.gaps.quantile(share) for share in shares)
    return [gap_s for gap_s in found if gap_s is not None]
