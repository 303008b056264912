"""mitmproxy's commands for recorded flows: `:ssetape.stats @focus`.

They run where the traffic does, and a person waits for them: each does little, or leaves the work
to a process of its own. mitmproxy's console ends at any exception but a CommandError.
"""

import logging
import math
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from mitmproxy import command, ctx, exceptions, flow, types
from mitmproxy.log import ALERT

import ssetape
from ssetape.errors import SsetapeError
from ssetape.output.printable import printable
from ssetape.recording.log import logger
from ssetape.recording.reasons import said

from . import aside, flow_captures, needed

T = TypeVar("T")
_Method = TypeVar("_Method", bound=Callable[..., object])

_FORMATS = "ssetape.export.formats"
# What mitmproxy's console leaves of the window's width to the result of a command.
_OVERLAY_SHARE, _OVERLAY_FRAME = 0.8, 2


def _command(name: str) -> Callable[[_Method], _Method]:
    """mitmproxy's decorator, with types."""
    decorator: Callable[[_Method], _Method] = command.command(name)
    return decorator


def _of_formats(method: _Method) -> _Method:
    """Let the argument `form` be one of the formats, and complete it."""
    decorated: _Method = command.argument("form", types.Choice(_FORMATS))(method)
    return decorated


class SsetapeCommands:
    """The addon."""

    def __init__(self) -> None:
        self._replays: Any = None

    def running(self) -> None:
        if ctx.master.addons.get("view") is not None:
            # Else the first command would hold the traffic while it imports.
            threading.Thread(target=_get_ready, name="ssetape-commands", daemon=True).start()

    def done(self) -> None:
        if self._replays is not None:
            self._replays.close()

    @_command("ssetape.show")
    def show(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Show the events of recorded streams, each with its time."""
        return _lines("show", flows)

    @_command("ssetape.stats")
    def stats(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Measure recorded streams: milestones, gaps, stalls, rates; several make a table."""
        return _lines("stats", flows)

    @_command("ssetape.text")
    def text(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Show the answers of recorded streams, assembled from their pieces."""
        return _lines("text", flows)

    @_command("ssetape.reveal")
    def reveal(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Name the files that flows were recorded to."""
        captures, problems = flow_captures.of_flows(flows)
        return [*(printable(str(each.path)) for each in captures), *problems]

    @_command("ssetape.replay")
    def replay(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Replay recorded streams on a port of their own, until mitmproxy ends; say where."""
        captures, problems = flow_captures.of_flows(flows)

        def start() -> list[str]:
            if self._replays is None:
                self._replays = needed.load("replaying").Replays()
            return [*self._replays.lines(captures), *problems]

        return _refusing(start)

    @_command("ssetape.export")
    @_of_formats
    def export(self, flows: Sequence[flow.Flow], form: str, file: types.Path) -> None:
        """Export recorded streams to a file in the format of another tool; the log says when."""
        captures, problems = flow_captures.of_flows(flows)
        path = Path(os.path.abspath(os.path.expanduser(file)))
        if path.exists() and not path.is_dir():
            raise exceptions.CommandError(
                f"{printable(str(path))} already exists: choose another name"
            )
        needed.load("lines")  # what the process needs is there, or this says what is not
        for problem in problems:
            logger.warning(f"ssetape: {problem}")
        paths = (str(each.path) for each in captures)
        ended = aside.run("export", "--format", form, "--output", str(path), "--", *paths)
        ended.add_done_callback(_report)

    @_command(_FORMATS)
    def formats(self) -> Sequence[str]:
        """List the formats of ssetape.export."""
        # mitmproxy asks at each key, and ends if this fails: the package may not be importable.
        folder = Path(ssetape.__file__).parent / "exports"
        return sorted(path.stem for path in folder.glob("[!_]*.py"))


def _lines(verb: str, flows: Sequence[flow.Flow]) -> list[str]:
    captures, problems = flow_captures.of_flows(flows)
    made: list[str] = _refusing(
        lambda: needed.load("lines").lines(verb, captures, _overlay_columns())
    )
    return [*made, *problems]


def _refusing(do: Callable[[], T]) -> T:
    """Do it; whatever fails is a CommandError."""
    try:
        return do()
    except exceptions.CommandError:
        raise
    except Exception as error:
        raise exceptions.CommandError(printable(said(error))) from error


def _report(ended: aside.Ended) -> None:
    """Log how an export ended. Called in another thread."""
    error = ended.exception()
    if error is not None:
        logger.error(f"ssetape: cannot export: {said(error)}")
        return
    done = ended.result()
    for line in done.stderr.splitlines():
        level = logging.ERROR if done.returncode else ALERT
        with suppress(RuntimeError):  # mitmproxy has ended, and its log with it
            logger.log(level, f"ssetape: {line.removeprefix('ssetape: ')}")


def _overlay_columns() -> int | None:
    """The width of the overlay in which the console shows a result; None in other windows."""
    ui = getattr(ctx.master, "ui", None)
    if ui is None:
        return None
    columns: int = ui.get_cols_rows()[0]
    return math.ceil(columns * _OVERLAY_SHARE) - _OVERLAY_FRAME


def _get_ready() -> None:
    with suppress(exceptions.CommandError, SsetapeError):  # the command will say so
        needed.load("lines")
        needed.load("replaying")
        needed.load("measuring").get_ready()
