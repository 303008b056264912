"""Finds captures in files and folders."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import SUFFIX


def find(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Yield the named files, and the captures at any depth of the named folders, by name.

    A file found in two ways is yielded once.

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
    """Yield the captures in a folder, by name, each with its real path.

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
    found.sort(key=lambda pair: (*pair[0].split(os.sep), pair[1]))
    for place, name in found:
        path = os.path.join(place, name)
        if os.path.islink(path):
            yield Path(path), os.path.realpath(path)
        else:
            yield Path(path), os.path.join(real_folders[place], name)


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
