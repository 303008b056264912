"""`ssetape play`: type the answer as it arrived."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import each_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.pace import pace_options
from ssetape.cli.terminal.keys import Keys, keys
from ssetape.cli.terminal.output import note, print_text
from ssetape.cli.terminal.playhead import Playhead
from ssetape.cli.terminal.status import Status, status
from ssetape.meaning.typing_effect import TypedText, typed_text

if TYPE_CHECKING:
    from ssetape.replay import pacing

_CLEAR = "\x1b[2J\x1b[H"
_KEYS = "space pause  . next  + - speed  q quit"
# How often the position is shown anew while nothing comes.
_TICK_S = 0.1
_SPEEDS = {"+": 2.0, "=": 2.0, "-": 0.5}


@click.command()
@click.argument("captures", nargs=-1, type=CAPTURE, metavar="[CAPTURE]...")
@pace_options
def command(captures: tuple[str, ...], pace: "pacing.Pace") -> None:
    """Type the answer as it arrived: each piece at its time; - reads a capture from stdin.

    Keys: space pauses and resumes, "." shows the next piece at once, "+" and "-" double and halve
    the speed, q quits. On a terminal, the last line shows the state, the time played and the keys.
    If the stream's protocol is unknown, shows the data of each message. By
    default, plays the newest capture in ./captures.

    \b
    Example:
        ssetape play @1
        ssetape play --speed 4 --max-gap 1 answer.ssetape
    """
    from ssetape.replay import pacing

    each_of(captures, lambda opened: _play(opened, pacing.Pacer(pace), pace.speed))


def _play(opened: Capture, pacer: "pacing.Pacer", speed: float) -> None:
    problems: list[str] = []
    timed = ((pacer.due_ns(each.t_s) / 1e9, each) for each in typed_text(opened, problems))
    last = "\n"
    with keys() as pressed, status(is_wanted=pressed.are_there) as below:
        for each in _when_due(timed, pressed, below, speed):
            if each.replaces:
                click.echo(_CLEAR if sys.stdout.isatty() else "\n", nl=False)
                below.cleared()
            print_text(each.text)
            last = each.text[-1:] or last
    if last != "\n":
        click.echo()
    for problem in [*problems, *opened.problems]:
        note(problem)
    if opened.end is None or not opened.end.is_complete:
        reason = opened.end.reason if opened.end else "interrupted"
        note(f"the stream did not complete: {reason}")


def _when_due(
    timed: Iterable[tuple[float, TypedText]], pressed: Keys, below: Status, speed: float
) -> Iterator[TypedText]:
    """Yield each piece when it is due, or when a key asks for it."""
    head = Playhead(time.monotonic())
    for due_s, each in timed:
        while True:
            now_s = time.monotonic()
            below.show(_state(head, now_s, speed))
            wait_s = head.wait_s(due_s, now_s)
            if wait_s is not None and wait_s <= 0:
                break
            if wait_s is not None and below.is_there:
                wait_s = min(wait_s, _TICK_S)
            key = pressed.wait(wait_s)
            now_s = time.monotonic()
            if key == "q":
                return
            if key == " ":
                head.pause(now_s)
            elif key in _SPEEDS:
                head.change_speed(_SPEEDS[key], now_s)
            elif key == ".":
                head.move_to(due_s, now_s)
                break
        yield each


def _state(head: Playhead, now_s: float, speed: float) -> str:
    """What the last line says: state, time played, speed, keys."""
    state = "paused " if head.is_paused else "playing"
    return f"{state} {head.at(now_s):>7.1f} s  {speed * head.speed:g}x  {_KEYS}"
