"""What recording verbs have in common on the terminal: a live view, and the last lines."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ssetape.cli.running.proxy import ProxyLog
from ssetape.cli.terminal.output import json_line, note

if TYPE_CHECKING:
    from ssetape.cli.running import live


def live_view(log: ProxyLog, as_json: bool, *, alone: bool = True) -> "live.View | None":
    """The live view of the streams; None if there is no place for one.

    Args:
        alone: whether nothing else uses the terminal.
    """
    if not as_json and not (alone and sys.stderr.isatty()):
        return None
    from ssetape.cli.running import live

    if as_json:
        return live.JsonView()
    view = live.TableView()
    log.use(view.say)
    return view


def note_recorded(folder: Path, records_all: bool, if_nothing: str) -> None:
    """Say how much was recorded, how it ended, where it is, and what came besides.

    Args:
        if_nothing: what to check if nothing came at all.
    """
    from ssetape.recording import recording
    from ssetape.recording.unrecorded import unrecorded

    count = recording.finished.total()
    how = ", ".join(f"{times} {reason}" for reason, times in recording.finished.most_common())
    what = "exchange" if records_all else "stream"
    streams = f"{count} {what}{'s' * (count != 1)}" + (f" ({how})" if how else "")
    note(f"recorded {streams} in {folder}")
    note_unrecorded()
    if not recording.finished and not unrecorded.has_come:
        note(f"nothing came: {if_nothing}")


def note_unrecorded() -> None:
    """Say what came and was not recorded."""
    from ssetape.recording.unrecorded import unrecorded

    for line in unrecorded.lines("--all"):
        note(line)


def print_finished() -> None:
    """Print how many were recorded, and what came besides, as the last line of JSON."""
    from ssetape.recording import recording
    from ssetape.recording.unrecorded import unrecorded

    ends = dict(recording.finished.most_common())
    json_line({"happened": "finished", "ends": ends, **unrecorded.fields()})
