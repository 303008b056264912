"""Captures in the forms of other tools: one module a format, found by its name.

A module here has the attributes of `ExportFormat`. Most write one stream of bytes; one that writes
a folder of files says so and gets the folder's path instead.
"""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, cast, runtime_checkable

from ssetape.capture import Capture


class ExportFormat(Protocol):
    """What a module here has.

    Attributes:
        SUFFIX: what its files' names end with, as ".har"; "" for a folder.
        SEVERAL: whether one file (or folder) holds several captures; else each gets its own.
        LOSES: what of a capture is not in it, as people are told; "" if nothing is lost.
        SUMMARY: one line for the command's help.
    """

    SUFFIX: str
    SEVERAL: bool
    LOSES: str
    SUMMARY: str

    def write(self, captures: Iterable[Capture], out: BinaryIO) -> None:
        """Write captures to a stream, each as it is taken, in memory that does not grow with them.

        Raises:
            ExportError: a capture cannot be written so; the text says why and what to do.
        """


@runtime_checkable
class FolderFormat(Protocol):
    """A format that is a folder of files: the same, but for where it writes."""

    SUFFIX: str
    SEVERAL: bool
    LOSES: str
    SUMMARY: str

    def write_folder(self, captures: Iterable[Capture], folder: Path) -> None:
        """Write captures into files in `folder`, which is there and empty."""


def names() -> list[str]:
    """The formats."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> ExportFormat | FolderFormat:
    """The module of a format."""
    module = import_module(f"{__name__}.{name}")
    if hasattr(module, "write_folder"):
        return cast(FolderFormat, module)
    return cast(ExportFormat, module)
