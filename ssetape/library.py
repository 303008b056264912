"""Finds captures in files and folders, and by short names."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import SUFFIX
from ssetape.recording.naming import moment_of

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
    real_folders = {str(folder): os.path.realpath(folder)}
    found = []
    for place, folders, files in os.walk(folder):
        for name in folders:
            path = os.path.join(place, name)
            real_folders[path] = os.path.join(real_folders[place], name)
        names = [name for name in (*files, *folders) if name.endswith(SUFFIX)]
        found += [(place, name) for name in names]
    found.sort(key=lambda pair: (*pair[0].split(os.sep), moment_of(pair[1]) + pair[1]))
    for place, name in found:
        path = os.path.join(place, name)
        if os.path.islink(path):
            yield Path(path), os.path.realpath(path)
        else:
            yield Path(path), os.path.join(real_folders[place], name)


def newest_first(folder: Path | str) -> list[Path]:
    """The captures in a folder, the newest first, by when their files last changed.

    Raises:
        CaptureError: there is no such folder.
    """
    # Not `stat`, which fails for a link to nothing.
    return sorted(find([folder]), key=lambda path: -path.lstat().st_mtime)


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
