"""What the tests of formats share: whatever is in a file, only one kind of error comes out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.errors import SourceError
from ssetape.imports import _write as importing
from ssetape.imports._exchange import Given, Imported


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Any]]:
    """Reads bytes with a format's module and writes captures; gives these, opened.

    What is wrong with the bytes may be said in a SourceError, and in nothing else.
    """

    def run(module: Any, data: bytes, given: Given | None = None, mask: bool = False) -> list[Any]:
        folder = tmp_path_factory.mktemp("imported")
        return [ssetape.open(path) for path in _write(module, data, given or Given(), folder, mask)]

    return run


def _write(module: Any, data: bytes, given: Given, folder: Path, mask: bool) -> Iterator[Path]:
    for found in module.read(data, "file.x", given):
        if isinstance(found, Imported):
            yield importing.write(found, folder, "file.x", "x", 1_700_000_000 * 10**9, mask)


@pytest.fixture(scope="session")
def hostile(imported: Callable[..., list[Any]]) -> Callable[..., None]:
    """Imports what may be anything; whatever comes of it can be read again."""

    def run(module: Any, data: bytes) -> None:
        try:
            captures = imported(module, data)
        except SourceError:
            return
        for capture in captures:
            assert capture.response is not None
            assert capture.end is not None
            list(capture.records())
            assert capture.problems == []

    return run
