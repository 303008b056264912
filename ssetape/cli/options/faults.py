"""The options that make a replay misbehave, for the verbs that have them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssetape.errors import ReplayError

if TYPE_CHECKING:
    from ssetape.replay import faults


def fault_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --fault, --scenario and --seed."""
    for option in (
        click.option("--seed", type=int, help="What chance begins with; 0 if nothing says else."),
        click.option(
            "--scenario",
            "scenario_path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Faults from a TOML file.",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            metavar="SPEC",
            help="Misbehave: 'cut event=3', 'refuse status=429 requests=1-2', ...; repeatable.",
        ),
    ):
        command = option(command)
    return command


def make_scenario(specs: tuple[str, ...], path: Path | None, seed: int | None) -> "faults.Scenario":
    """Give the scenario of a file, and after its faults those of the command line.

    Raises:
        click.BadParameter: one of them means nothing.
    """
    from ssetape.replay import faults

    try:
        scenario = faults.Scenario(seed=seed or 0) if path is None else faults.load(path, seed)
        rules = [faults.parse(spec) for spec in specs]
    except ReplayError as error:
        raise click.BadParameter(str(error)) from error
    return faults.Scenario([*scenario.rules, *rules], scenario.seed)
