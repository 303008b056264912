"""Turns the marker's keywords into the arguments of a replay."""

from enum import Enum
from typing import Any

from ssetape.errors import ReplayError
from ssetape.output.did_you_mean import expected_one_of
from ssetape.replay import cues, faults, pacing, websocket
from ssetape.replay import rules as match_rules

from .settings import INSTANT, Options


def arguments_of(options: Options, default_speed: str) -> dict[str, Any]:
    """The arguments for a replay server or application.

    Args:
        default_speed: the speed of the run: `INSTANT` or a number.

    Raises:
        ReplayError: an option is not valid.
    """
    rules = [faults.parse(spec) for spec in options.get("faults", ())]
    matching = match_rules.make(
        _one_of(match_rules.Match, options, "match"),
        options.get("ignore_query", ()),
        options.get("ignore_fields", ()),
        matched_headers=options.get("match_headers", ()),
    )
    strictness = websocket.Strictness(
        _one_of(websocket.Strictness, options, "websocket") or "loose"
    )
    try:
        pace = _pace(options, default_speed)
    except (TypeError, ValueError) as error:
        raise ReplayError(str(error)) from error
    return {
        "pace": pace,
        "strictness": strictness,
        "scenario": faults.Scenario(rules, options.get("seed", 0)),
        "matching": matching,
        "resume": options.get("resume", False),
        "cors": options.get("cors", False),
        "allow_hosts": options.get("allow_hosts", ()),
        "sessions": cues.SessionRules(
            waits=not options.get("independent", False),
            rewrites=options.get("rewrite", True),
            is_strict=options.get("strict", False),
        ),
    }


def matching_options(matching: match_rules.MatchBook) -> list[str]:
    """The options of the command line for the same rules."""
    rules = matching.rules
    words = ["--match", rules.match.value]
    for name in sorted(rules.ignored_query):
        words += ["--ignore-query", name]
    for field in rules.ignored_fields:
        words += ["--ignore-field", ".".join(field)]
    for name in rules.matched_headers:
        words += ["--match-header", name]
    return words


def _one_of(known: type[Enum], options: Options, name: str) -> str | None:
    found: object = options.get(name)
    names = [each.value for each in known]
    if found is not None and found not in names:
        raise ReplayError(f"{name}: {expected_one_of(names, found)}")
    return None if found is None else str(found)


def _pace(options: Options, default_speed: str) -> pacing.Pace:
    max_gap_s = options.get("max_gap_s")
    if "speed" in options:
        return pacing.Pace(options["speed"], options.get("instant", False), max_gap_s)
    is_instant = options.get("instant", default_speed == INSTANT)
    try:
        speed = 1.0 if default_speed == INSTANT else float(default_speed)
    except ValueError:
        raise ReplayError(
            f"--ssetape-speed: expected a number or {INSTANT}, found {default_speed!r}"
        ) from None
    return pacing.Pace(speed, is_instant, max_gap_s)
