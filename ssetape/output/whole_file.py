"""Writes a file completely or not at all, and replaces nothing but ordinary files."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# The names that /dev/stdout and the like lead to: what is open already, under a number.
_OPEN = re.compile(r"/(?:proc/(self|\d+)|dev)/fd/(\d+)")


def is_special(path: Path) -> bool:
    """Whether `path` is a device, a pipe or a socket: written to, never replaced or removed.

    So is a name of an open file, as /dev/stdout, whatever was opened.

    Raises:
        FileExistsError: it is a link to something that does not exist, which is never followed:
            anyone who can write to the folder may have put it there.
    """
    try:
        mode = path.stat().st_mode
        if _open_number(path) is not None:
            return True
    except FileNotFoundError:
        if path.is_symlink():
            raise FileExistsError(
                17, "is a link to a file that does not exist: remove it", str(path)
            ) from None
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def replacing(path: Path, keep_after: type[Exception] | tuple[()] = ()) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when the block ends; for a device, the device itself.

    A link to a file stays a link: the file gets the new content.

    Args:
        keep_after: an exception after which what was written, if anything, is kept all the same.

    Raises:
        OSError: the file cannot be written; or as `is_special`.
    """
    if is_special(path):
        number = _open_number(path)
        # Opened by its name again, a file would be written from its start.
        with path.open("wb") if number is None else open(os.dup(number), "wb") as file:
            yield file
        return
    # Now, not at the end: by then somebody may have put another link there.
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            try:
                yield file
            except keep_after:
                file.flush()
                if os.fstat(file.fileno()).st_size:
                    _put(name, path)
                raise
        _put(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _open_number(path: Path) -> int | None:
    """The number of the open file that a path stands for; None if it stands for none."""
    names = [path.parent.resolve() / path.name]
    if path.is_symlink():
        names.append(path.parent / path.readlink())
    for name in names:
        found = _OPEN.fullmatch(str(name))
        if found and found[1] in (None, "self", str(os.getpid())):
            return int(found[2])
    return None


def remove(path: Path) -> None:
    """Remove a file; what is not an ordinary file, or does not exist, stays as it is."""
    try:
        if stat.S_ISREG(path.lstat().st_mode):
            path.unlink()
    except FileNotFoundError:
        pass


def _put(name: str, path: Path) -> None:
    if path.exists():
        os.chmod(name, path.stat().st_mode & 0o777)
    os.replace(name, path)
