"""Where a test's captures are, and how a recording gets there."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from ssetape import library
from ssetape.capture import Capture
from ssetape.format.values import SUFFIX
from ssetape.output.whole_file import is_special
from ssetape.recording.naming import kind_of

FOLDER = "captures"
# Every file system allows names of this length.
_NAME_LIMIT = 100


def place_of(item: pytest.Item) -> Path:
    """The test's own place: `captures/<module>/<test>` next to its file, with classes between."""
    return _place(item, item.name)


def place_to_replay(item: pytest.Item) -> Path:
    """The test's own place if it has captures; else that of its function, for all parameters.

    This lets repeated tests, and tests with different parameters, share captures.
    """
    own, shared = place_of(item), _place(item, getattr(item, "originalname", item.name))
    return shared if not found(own) and found(shared) else own


def _place(item: pytest.Item, name: str) -> Path:
    names = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    parts = [safe_name(each) for each in (*names, name)]
    return item.path.parent.joinpath(FOLDER, item.path.stem, *parts)


def safe_name(name: str) -> str:
    """A name for a file: `test_a[gpt-4o]` becomes `test_a-gpt-4o`.

    Different names stay different: a digest of the name is appended if more than brackets is
    replaced, or if two parameters might differ only in upper and lower case.
    """
    function, bracket, parameters = name.partition("[")
    parameters = parameters.removesuffix("]")
    whole = f"{function}-{parameters}" if bracket else function
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", whole)
    if safe == whole and parameters == parameters.lower() and len(safe) <= _NAME_LIMIT:
        return safe
    return f"{safe[:_NAME_LIMIT]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def found(place: Path) -> list[Path]:
    """The captures at a place: a file, with or without its suffix, or a folder."""
    for path in (place, place.with_name(place.name + SUFFIX)):
        if path.exists():
            return list(library.find([path]))
    return []


def keep(recorded: Path, place: Path, *, adds: bool) -> list[Path]:
    """Copy the captures in the folder `recorded` to a place; return their paths there.

    They are named after their requests and numbered in their order, so that a repeated recording
    has the same names.

    Args:
        adds: keep the captures already there; else they are deleted once all new ones are written.

    Raises:
        ValueError: the place is a file, and there is not exactly one capture.
        OSError: the place cannot be written to.
    """
    captures = sorted(
        (Capture(path) for path in library.find([recorded])),
        key=lambda capture: (capture.started, capture.path),
    )
    is_file = place.suffix == SUFFIX
    if is_file and len(captures) != 1:
        raise ValueError(
            f"{place} is the file of one capture: expected one exchange, found {len(captures)}"
        )
    # Never those in deeper folders, which may belong to other tests.
    old = [path for path in found(place) if path.parent in (place, place.parent)]
    old = [path for path in old if path.is_file()]
    folder = place.parent if is_file else place
    folder.mkdir(parents=True, exist_ok=True)
    first = len(old) + 1 if adds else 1
    names = [f"{_kind(capture)}-{number:02}" for number, capture in enumerate(captures, first)]
    targets = [place] if is_file else [folder / f"{name}{SUFFIX}" for name in names]
    for target in targets:
        if is_special(target):
            raise ValueError(f"{target} is a pipe or a device: expected a place for a file")
    # Moves are atomic only within a file system: copy next to the place, then move.
    with tempfile.TemporaryDirectory(prefix=".ssetape-", dir=folder) as staging:
        copies = [
            Path(shutil.copy2(capture.path, Path(staging) / f"{number}"))
            for number, capture in enumerate(captures)
        ]
        for copy, target in zip(copies, targets, strict=True):
            os.replace(copy, target)
    if not adds:
        for path in set(old) - set(targets):
            path.unlink(missing_ok=True)
    return targets


def _kind(capture: Capture) -> str:
    """What the capture's request is known by, as in `chat-completions`."""
    return kind_of(capture.request.url) or "exchange"
