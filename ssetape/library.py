"""Finds captures in files and folders, and by short names."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import SUFFIX
from ssetape.recording.moment import moment_of

_PLACE = re.compile(r"@([1-9][0-9]{0,8})?")
# Of several captures that a name fits.
_SHOWN = 3


def find(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Yield the named files, and the captures at any depth of the named folders.

    Those of a folder come in recorded order if their names say when, else by name. A file found in
    two ways is yielded once.

    Raises:
        CaptureError: a path does not exist.
    """
    given = set()
    for path in map(Path, paths):
        if path.is_dir():
            found = _within(path)
        elif path.exists():
            found = iter([(path, os.path.realpath(path))])
        else:
            raise CaptureError(path, None, "there is no such file or folder")
        for file, real in found:
            if real not in given:
                given.add(real)
                yield file


def _within(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the captures in a folder, in the order of `find`, each with its real path.

    Resolving every path would take longer than reading the first line of every file, so only
    links are resolved.
    """
    real_places: dict[str, str] = {}
    for place, name in listed(folder):
        path = os.path.join(place, name)
        if os.path.islink(path):
            yield Path(path), os.path.realpath(path)
            continue
        if place not in real_places:
            real_places[place] = os.path.realpath(place)
        yield Path(path), os.path.join(real_places[place], name)


def listed(folder: Path | str) -> list[tuple[str, str]]:
    """The captures in a folder, in the order of `find`: each as its own folder and its name.

    [] if there is no such folder. A file that is linked to is listed twice.
    """
    found = [
        (place, name)
        for place, folders, files in os.walk(folder)
        for name in (*files, *folders)
        if name.endswith(SUFFIX)
    ]
    found.sort(key=lambda pair: (*pair[0].split(os.sep), moment_of(pair[1]) + pair[1]))
    return found


def newest_first(folder: Path | str) -> Iterator[Path]:
    """Yield the captures in a folder, the newest first, by when their files last changed."""
    # Those that changed at once, as copies do, in the order of their names, the last first.
    found = [os.path.join(*pair) for pair in reversed(listed(folder))]
    found.sort(key=_changed_s, reverse=True)
    given = set()
    for path in found:
        real = os.path.realpath(path)
        if real not in given:
            given.add(real)
            yield Path(path)


def _changed_s(path: str) -> float:
    try:
        return os.lstat(path).st_mtime  # not stat, which fails for a link to nothing
    except OSError:
        return 0.0  # gone since it was listed


def open_newest(folder: Path | str, problems: list[str]) -> Iterator[Capture]:
    """Yield the captures in a folder, the newest first; problems as in `open_all`."""
    for path in newest_first(folder):
        try:
            yield Capture(path)
        except CaptureError as error:
            problems.append(str(error))


def place_of(name: str) -> int | None:
    """What `@` and a number stand for: 1 for the newest capture, 2 for the one before, ...

    None for any other name.
    """
    found = _PLACE.fullmatch(name)
    return int(found[1] or 1) if found else None


def named(name: str, folder: Path | str) -> Path:
    """The only capture in a folder that has `name` as a part of its own.

    Raises:
        CaptureError: none has it, or several have.
    """
    found = [path for path in find([folder]) if name in path.name] if os.path.isdir(folder) else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise CaptureError(
            name, None, f"there is no such file or folder, nor a capture in {folder} named so"
        )
    shown = ", ".join(path.name for path in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise CaptureError(name, None, f"several captures in {folder} are named so: {shown}{more}")


def open_all(
    paths: Iterable[Path | str], problems: list[str], *, with_ends: bool = False
) -> Iterator[Capture]:
    """Yield the captures found at `paths`; add an entry to `problems` for each unreadable file.

    Args:
        with_ends: as in `Capture`.

    Raises:
        CaptureError: a path does not exist.
    """
    for path in find(paths):
        try:
            yield Capture(path, with_ends=with_ends)
        except CaptureError as error:
            problems.append(str(error))
