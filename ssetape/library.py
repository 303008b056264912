"""Finds captures in files and folders."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import SUFFIX


def find(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Give the capture files named, and those in the folders named, at any depth, by name.

    A file that is named in two ways is given once.

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
    """The captures in a folder, by name, and where each really is.

    To ask the system that for each file takes longer than to read their first lines: only
    those that are links are asked about.
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
    """Give the captures found at `paths`; files that cannot be read are told to `problems`.

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
