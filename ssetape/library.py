"""Finds captures in files and folders."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.records import SUFFIX


def find(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Give the capture files named, and those in the folders named, at any depth, by name.

    A file that is named in two ways is given once.

    Raises:
        CaptureError: a path does not exist.
    """
    given = set()
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(path.rglob(f"*{SUFFIX}"))
        elif path.exists():
            found = [path]
        else:
            raise CaptureError(path, None, "there is no such file or folder")
        for file in found:
            real = file.resolve()
            if real not in given:
                given.add(real)
                yield file


def open_all(paths: Iterable[Path | str], problems: list[str]) -> Iterator[Capture]:
    """Give the captures found at `paths`; files that cannot be read are told to `problems`.

    Raises:
        CaptureError: a path does not exist.
    """
    for path in find(paths):
        try:
            yield Capture(path)
        except CaptureError as error:
            problems.append(str(error))
