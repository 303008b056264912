"""Rules for how closely a request has to match a captured one."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ssetape.errors import ReplayError
from ssetape.output.did_you_mean import expected_one_of

from .bodies import Field
from .turns import Order

_LISTS = ("ignore_query", "ignore_fields", "match_headers")


class Match(Enum):
    """The rungs of the ladder. NEAREST takes the highest that some capture reaches."""

    EXACT = "exact"
    NORMALISED = "normalised"
    PATH = "path"
    SEQUENCE = "sequence"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class MatchRules:
    """What has to match.

    Attributes:
        match: the rung of the ladder.
        ignored_query: query parameters to ignore, by name.
        ignored_fields: fields of bodies to ignore.
        matched_headers: names (lower case) of headers that have to match, too.
    """

    match: Match = Match.NEAREST
    ignored_query: frozenset[str] = frozenset()
    ignored_fields: tuple[Field, ...] = ()
    matched_headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchBook:
    """The rules for all captures, and overrides by file name pattern.

    Attributes:
        order: in which order captures answer that answer equally well.
        seed: of the order's random numbers.
    """

    rules: MatchRules = MatchRules()
    overrides: tuple[tuple[str, MatchRules], ...] = ()
    order: Order = Order.SEQUENCE
    seed: int = 0

    def of(self, name: str) -> MatchRules:
        """The rules for a capture: the last override that matches, or those for all."""
        for pattern, rules in reversed(self.overrides):
            if fnmatchcase(name, pattern):
                return rules
        return self.rules


def make(
    match: str | None = None,
    ignored_query: Sequence[str] = (),
    ignored_fields: Sequence[str] = (),
    path: Path | None = None,
    *,
    default: Match = Match.NEAREST,
    matched_headers: Sequence[str] = (),
) -> MatchBook:
    """Make rules from a TOML file, if given, with the other arguments on top.

    Args:
        default: the rung if neither says one.

    Raises:
        ReplayError: the file cannot be read, or is not valid.
    """
    document: Mapping[str, Any] = {}
    if path is not None:
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ReplayError(f"cannot read {path}: {error}") from error
        except tomllib.TOMLDecodeError as error:
            raise ReplayError(f"{path} is not TOML: {error}") from error
    what = str(path)
    rules = _rules(document, MatchRules(default), what, {"capture"})
    if match is not None and match not in [each.value for each in Match]:
        names = ", ".join(each.value for each in Match)
        raise ReplayError(f"match: expected {names}; found {match!r:.60}")
    rules = replace(
        rules,
        match=rules.match if match is None else Match(match),
        ignored_query=rules.ignored_query.union(ignored_query),
        ignored_fields=(*rules.ignored_fields, *(_field(text) for text in ignored_fields)),
        matched_headers=_headers(rules.matched_headers, matched_headers),
    )
    tables = document.get("capture", [])
    if not isinstance(tables, list):
        raise ReplayError(f"{what}: expected tables [[capture]], found {tables!r:.60}")
    overrides = []
    for number, table in enumerate(tables, 1):
        place = f"{what}, capture {number}"
        if not isinstance(table, dict) or not isinstance(table.get("file"), str):
            raise ReplayError(f"{place}: expected a pattern `file`, found {table!r:.60}")
        own = _rules(table, rules, place, {"file"})
        if own.match is Match.SEQUENCE:
            raise ReplayError(f"{place}: match: sequence must be set for all captures")
        overrides.append((table["file"], own))
    return MatchBook(rules, tuple(overrides))


def _rules(table: Mapping[str, Any], above: MatchRules, what: str, others: set[str]) -> MatchRules:
    known = ["match", *_LISTS, *others]
    for key in table:
        if key not in known:
            raise ReplayError(f"{what}: keys: {expected_one_of(known, key)}")
    try:
        match = Match(table.get("match", above.match.value))
    except ValueError:
        problem = expected_one_of([each.value for each in Match], table["match"])
        raise ReplayError(f"{what}: match: {problem}") from None
    query, fields, headers = lists = [table.get(name, []) for name in _LISTS]
    for name, value in zip(_LISTS, lists, strict=True):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ReplayError(f"{what}: {name}: expected a list of strings, found {value!r:.60}")
    return MatchRules(
        match,
        above.ignored_query.union(query),
        (*above.ignored_fields, *(_field(text) for text in fields)),
        _headers(above.matched_headers, headers),
    )


def _headers(above: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*above, *(name.lower() for name in names)]))


def _field(text: str) -> Field:
    return tuple(text.split("."))
