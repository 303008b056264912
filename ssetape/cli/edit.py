"""`ssetape edit`: a capture, changed."""

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_one
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.faults import fault_options
from ssetape.cli.options.pace import pace_options
from ssetape.cli.options.paths import PATH
from ssetape.cli.running.edited import Edit, write
from ssetape.cli.terminal.binary import binary_output
from ssetape.cli.terminal.output import note
from ssetape.editing.changing import Changes
from ssetape.editing.choosing import Drop
from ssetape.editing.setting import Setting
from ssetape.errors import EditError
from ssetape.format import sendable
from ssetape.format.values import SUFFIX

if TYPE_CHECKING:
    from ssetape.replay import faults as scenarios
    from ssetape.replay import pacing

# What a shell offers for --drop.
DROPS = ("event=", "type=", "comments")
# So much of each change is kept in the capture.
_SHOWN = 100
_HEADER = re.compile(r"([^:\s]+)\s*:\s*(.*)", re.DOTALL)


@click.command()
@click.argument("capture", type=CAPTURE)
@click.option(
    "-o", "--output", required=True, type=PATH, metavar="NEW", help="The new capture; - for stdout."
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@click.option(
    "--since", "since_s", type=float, metavar="S", help="Leave out what came before this time."
)
@click.option(
    "--until", "until_s", type=float, metavar="S", help="Leave out what came after this time."
)
@click.option(
    "--drop",
    "drops",
    multiple=True,
    metavar="WHAT",
    shell_complete=lambda ctx, param, begun: [what for what in DROPS if what.startswith(begun)],
    help="Leave out events: 'event=3-5', 'type=ping'; or 'comments'. Repeatable.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PLACE=VALUE",
    help="Set a value in JSON data: 'choices[0].delta.content=Hi'; '.=TEXT' is all of the data.",
)
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="N",
    help="The events that a --set is for: 3, 3-5; its own, or for all.  [default: all with PLACE]",
)
@click.option(
    "--append", "others", multiple=True, type=CAPTURE, metavar="OTHER", help="Add its body behind."
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="NAME: VALUE",
    help="Set a header of the response; without a value, leave it out.",
)
@pace_options
@fault_options
def command(
    capture: str,
    output: str,
    overwrite: bool,
    since_s: float | None,
    until_s: float | None,
    drops: tuple[str, ...],
    settings: tuple[str, ...],
    events: tuple[str, ...],
    others: tuple[str, ...],
    headers: tuple[str, ...],
    pace: "pacing.Pace",
    scenario: "scenarios.Scenario",
) -> None:
    """Make a capture of another, with changes; - reads one from stdin.

    Events are numbered from 1, and keep their bytes unless they are changed. The order is: cut,
    drop, set, append, speed and gaps, faults, headers. The new capture says what it was made of,
    and how.

    \b
    Example:
        ssetape edit @1 -o slow.ssetape --speed 0.5 --drop event=3-5
        ssetape edit chat.ssetape -o new.ssetape --set 'choices[0].delta.content=Hi' --event 2
    """
    try:
        dropped = tuple(map(Drop.parse, drops))
        changes = Changes(since_s, until_s, dropped, tuple(_settings(settings, events)))
        changed_headers = [_header(text) for text in headers]
    except EditError as error:
        raise click.UsageError(str(error)) from error
    words = _words(changes, others, pace, scenario, headers)
    if not words:
        raise click.UsageError("nothing to change: name a change, such as --speed 2")
    opened = open_one(capture)
    behind = [open_one(other) for other in others]
    faults = scenario if scenario.rules else None
    edit = Edit(changes, behind, pace, faults, changed_headers, words)
    if output == "-":
        _to_stdout(opened, edit)
    else:
        path = _free(Path(output), opened, overwrite=overwrite)
        write(opened, edit, path)
        note(f"written: {path}")
    for each in (opened, *behind):
        for problem in each.problems:
            note(f"{each.name}: {problem}")


def _to_stdout(capture: Capture, edit: Edit) -> None:
    """Write a capture to stdout when all of it is made: only then is it known to be good."""
    with tempfile.TemporaryDirectory(prefix="ssetape-") as folder, binary_output() as out:
        path = Path(folder) / "edited"
        write(capture, edit, path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)


def _free(path: Path, capture: Capture, *, overwrite: bool) -> Path:
    """Where to write; raises EditError if that is taken."""
    if path.is_dir():
        path /= capture.path.name
    if path.suffix != SUFFIX:
        raise click.UsageError(f"-o {path}: expected a name that ends in {SUFFIX}")
    if path.exists() and not overwrite:
        raise EditError(f"{path} already exists; --overwrite replaces it")
    return path


def _settings(settings: tuple[str, ...], events: tuple[str, ...]) -> list[Setting]:
    """The settings, each with its events: one --event is for all, or each --set has its own."""
    if len(events) not in (0, 1, len(settings)) or (events and not settings):
        raise EditError(
            f"--event is given {len(events)} times, --set {len(settings)} times: expected one "
            f"--event for all, or one for each --set"
        )
    chosen = events * len(settings) if len(events) == 1 else events
    each = [*chosen] if chosen else [None] * len(settings)
    return [Setting.parse(text, event) for text, event in zip(settings, each, strict=True)]


def _header(text: str) -> tuple[str, str | None]:
    found = _HEADER.fullmatch(text)
    if found is None or not sendable.is_field(found[1], found[2]):
        raise EditError(
            f"--header {text!r:.60}: expected 'Name: value', or 'Name:' to leave it out"
        )
    return found[1], found[2] or None


def _words(
    changes: Changes,
    others: tuple[str, ...],
    pace: "pacing.Pace",
    scenario: "scenarios.Scenario",
    headers: tuple[str, ...],
) -> list[str]:
    """Each change in words, in the order in which they are made."""
    from ssetape.replay import faults

    words = []
    if changes.since_s is not None:
        words.append(f"since {changes.since_s:g}")
    if changes.until_s is not None:
        words.append(f"until {changes.until_s:g}")
    words += map(str, changes.drops)
    words += map(str, changes.settings)
    words += [f"append {Path(other).name}" for other in others]
    if pace.speed != 1:
        words.append(f"speed {pace.speed:g}")
    if pace.max_gap_s is not None:
        words.append(f"max-gap {pace.max_gap_s:g}")
    if pace.instant:
        words.append("instant")
    words += [f"fault {faults.described(rule)}" for rule in scenario.rules]
    words += [f"header {text}" for text in headers]
    return [word[:_SHOWN] for word in words]
