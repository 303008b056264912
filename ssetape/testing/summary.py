"""Says at the end of a run what its tests recorded, whichever processes they ran in.

pytest loads this in every run: nothing slow is imported here.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

# The files that this process has recorded and kept.
_KEPT: pytest.StashKey[list[str]] = pytest.StashKey()
# Their key in what a worker of xdist hands to its controller.
_OUTPUT = "ssetape_recorded"


def note_kept(config: pytest.Config, paths: Iterable[object]) -> None:
    """Note files that were recorded."""
    config.stash.setdefault(_KEPT, []).extend(map(str, paths))


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # only a worker of xdist has it
    if output is not None:
        output[_OUTPUT] = session.config.stash.get(_KEPT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    note_kept(node.config, getattr(node, "workeroutput", {}).get(_OUTPUT, ()))


def pytest_terminal_summary(
    terminalreporter: "pytest.TerminalReporter", config: pytest.Config
) -> None:
    for line in _lines(config.stash.get(_KEPT, []), config.get_verbosity() > 0):
        terminalreporter.write_line(line)


def _lines(paths: list[str], names_each: bool) -> Iterator[str]:
    if not paths:
        return
    from ssetape.output.printable import printable

    # A file may have been recorded again.
    files = sorted({os.path.relpath(path) for path in paths})
    folder = os.path.commonpath([os.path.dirname(file) for file in files])
    plural = "s" if len(files) != 1 else ""
    yield printable(f"ssetape: {len(files)} capture{plural} recorded in {folder or '.'}")
    if names_each:
        yield from (printable(f"  {file}") for file in files)
