"""Reads the captures of other tools: one module per format, found by its name.

Pure: bytes in, values out. A module here has the functions of `ImportFormat`.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from ssetape.imports._exchange import Given, Imported, Skipped

# `recognises` gets this much of a file.
START_BYTES = 64 * 1024


class ImportFormat(Protocol):
    """What a module here has.

    Attributes:
        EXPECTS: what a file of this format begins with.
    """

    EXPECTS: str

    def recognises(self, start: bytes, name: str) -> bool:
        """Whether a file with these first bytes and this name is of this format."""

    def read(self, data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
        """Yield the exchanges in a file.

        Raises:
            SourceError: the file as a whole is not of this format.
        """


def names() -> list[str]:
    """The names of the formats."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> ImportFormat:
    """The module of a format."""
    return cast(ImportFormat, import_module(f"{__name__}.{name}"))
