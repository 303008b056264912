"""Captures in the formats of other tools: one module per format, found by its name.

A module here has the attributes of `ExportFormat`, and writes one stream of bytes; or those of
`FolderFormat`, and writes a folder of files.
"""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, cast, runtime_checkable

from ssetape.capture import Capture


class ExportFormat(Protocol):
    """A format that is one stream of bytes.

    Attributes:
        SUFFIX: the suffix of its files, such as ".har"; "" for a folder.
        SEVERAL: whether one file (or folder) holds several captures; else each gets its own.
        LOSES: what the format leaves out of a capture, for people; "" if nothing is lost.
        SUMMARY: one line for the command's help.
    """

    SUFFIX: str
    SEVERAL: bool
    LOSES: str
    SUMMARY: str

    def write(self, captures: Iterable[Capture], out: BinaryIO) -> None:
        """Write captures to a stream, one by one; memory use does not grow with their number.

        Raises:
            ExportError: the format cannot hold a capture; the text says why and what to do.
        """


@runtime_checkable
class FolderFormat(Protocol):
    """A format that is a folder of files. Attributes as in `ExportFormat`."""

    SUFFIX: str
    SEVERAL: bool
    LOSES: str
    SUMMARY: str

    def write_folder(self, captures: Iterable[Capture], folder: Path, jobs: int | None = 1) -> None:
        """Write captures into files in `folder`, which exists and is empty.

        Args:
            jobs: how many processes read, as in `ssetape.cores.reading.each_read`.
        """


def names() -> list[str]:
    """The names of the formats."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> ExportFormat | FolderFormat:
    """The module of a format."""
    module = import_module(f"{__name__}.{name}")
    if hasattr(module, "write_folder"):
        return cast(FolderFormat, module)
    return cast(ExportFormat, module)
