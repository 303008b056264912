"""Reads the specs of faults: `cut event=3 how=reset`, or the tables of a TOML file."""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ssetape.errors import ReplayError
from ssetape.output.did_you_mean import expected_one_of

from .cut import Cut
from .delays import Jitter, Slow, SlowHead, Stall
from .events import Corrupt, Drop, Duplicate, LoseDone, Reorder
from .fault import Fault
from .heads import ContentType, Refuse
from .rechunk import Coalesce, Rechunk
from .scenario import Rule, Scenario

_CLASSES: list[type[Fault]] = [
    *(Cut, Stall, Slow, Jitter, Drop, Duplicate, Reorder, Corrupt, LoseDone),
    *(Rechunk, Coalesce, Refuse, SlowHead, ContentType),
]
FAULTS: dict[str, type[Fault]] = {each.name: each for each in _CLASSES}
# Of a scenario's document.
_KEYS = ("seed", "fault")


def parse(text: str) -> Rule:
    """Parse a spec: a fault's name, its keys, and those of its `Rule`.

    Raises:
        ReplayError: the spec is not valid.
    """
    try:
        name, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise ReplayError(f"fault {text!r}: {error}") from None
    given = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key in given:
            raise ReplayError(f"fault {text!r}: expected each KEY=VALUE once, found {word!r}")
        given[key] = value
    return _rule(name, given, f"fault {text!r}")


def load(path: Path, seed: int | None = None) -> Scenario:
    """Read a scenario from a TOML file; `seed` overrides the file's.

    Raises:
        ReplayError: the file cannot be read, or is not a scenario.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReplayError(f"cannot read the scenario {path}: {error}") from error
    return loads(text, f"scenario {path}", seed)


def loads(text: str, what: str, seed: int | None = None) -> Scenario:
    """Read a scenario from TOML; `what` names it in errors.

    Raises:
        ReplayError: the text is not a scenario.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReplayError(f"{what} is not TOML: {error}") from error
    return from_document(document, what, seed)


def from_document(document: Mapping[str, Any], what: str, seed: int | None = None) -> Scenario:
    """Make a scenario from parsed TOML or JSON: a `seed`, and a list `fault` of tables.

    Raises:
        ReplayError: the document is not a scenario.
    """
    for key in document:
        if key not in _KEYS:
            raise ReplayError(f"{what}: keys: {expected_one_of(_KEYS, key)}")
    tables = document.get("fault", [])
    found_seed = document.get("seed", 0)
    if not isinstance(tables, list) or type(found_seed) is not int:
        raise ReplayError(
            f"{what}: expected a number `seed` and tables [[fault]], found other types"
        )
    rules = []
    for number, table in enumerate(tables, 1):
        place = f"{what}, fault {number}"
        if isinstance(table, str):
            rules.append(parse(table))
            continue
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise ReplayError(f"{place}: expected a table with a `name`, found {table!r:.100}")
        given = {}
        for key, value in table.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise ReplayError(f"{place}: {key}: expected text or a number, found {value!r:.60}")
            if key != "name":
                given[key] = str(value)
        rules.append(_rule(table["name"], given, place))
    return Scenario(rules, found_seed if seed is None else seed)


def keys_of(name: str) -> dict[str, tuple[str, ...]]:
    """The keys of a fault, its rule's last, each with its words if it takes one of some.

    {} if there is no such fault.
    """
    fault_class = FAULTS.get(name)
    if fault_class is None:
        return {}
    hints = get_type_hints(fault_class)
    keys = {field.name: _words_of(hints[field.name]) for field in fields(fault_class)}
    return {**keys, **dict.fromkeys(Rule.KEYS, ())}


def _words_of(hint: Any) -> tuple[str, ...]:
    kinds = (hint, *get_args(hint))
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def described(rule: Rule) -> str:
    """The spec of a rule, as `parse` reads it."""
    fault = rule.fault
    words = [fault.name]
    for field in fields(fault):
        value = getattr(fault, field.name)
        if value != field.default:
            words.append(f"{field.name}={value}")
    first, last = rule.requests
    if (first, last) != (1, float("inf")):
        words.append(f"requests={first}-{'' if last == float('inf') else int(last)}")
    if rule.on != "*":
        words.append(f"on={rule.on}")
    if rule.share != 1.0:
        words.append(f"share={rule.share}")
    return shlex.join(words)


def _rule(name: str, given: dict[str, str], what: str) -> Rule:
    fault_class = FAULTS.get(name)
    if fault_class is None:
        raise ReplayError(f"{what}: {expected_one_of(FAULTS, name)}")
    try:
        fault = fault_class(**_values(fault_class, given))
        own = {key: value for key, value in given.items() if key in Rule.KEYS}
        return Rule.of(fault, **own)
    except ValueError as error:
        raise ReplayError(f"{what}: {error}") from None


def _values(fault_class: type[Fault], given: dict[str, str]) -> dict[str, Any]:
    hints = get_type_hints(fault_class)
    known = {field.name: field for field in fields(fault_class)}
    unknown = [key for key in given if key not in known and key not in Rule.KEYS]
    if unknown:
        raise ValueError(f"keys: {expected_one_of([*known, *Rule.KEYS], unknown[0])}")
    missing = [name for name, f in known.items() if f.default is MISSING and name not in given]
    if missing:
        raise ValueError(f"expected {missing[0]}=...; found none")
    return {key: _value(key, hints[key], given[key]) for key in known if key in given}


def _value(key: str, hint: Any, text: str) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if get_origin(hint) is Literal:
        kinds = [hint]
    kind = kinds[0] if kinds else hint
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"{key}: {expected_one_of(get_args(kind), text)}")
        return text
    try:
        return kind(text)
    except ValueError:
        words = {int: "a whole number", float: "a number"}[kind]
        raise ValueError(f"{key}: expected {words}, found {text!r}") from None
