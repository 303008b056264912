"""The options that inject faults into a replay."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.fault_type import FAULT
from ssetape.cli.options.group import Decorator, option_group
from ssetape.errors import ReplayError

if TYPE_CHECKING:
    from ssetape.replay import faults as scenarios


def make_scenario(
    faults: tuple[str, ...], scenario_path: Path | None, seed: int | None
) -> "scenarios.Scenario":
    """The scenario from the file, if any, with the command line's faults added at its end.

    Raises:
        click.BadParameter: the file or a fault is invalid.
    """
    from ssetape.replay import faults as scenarios

    try:
        if scenario_path is None:
            scenario = scenarios.Scenario(seed=seed or 0)
        else:
            scenario = scenarios.load(scenario_path, seed)
        rules = [scenarios.parse(spec) for spec in faults]
    except ReplayError as error:
        raise click.BadParameter(str(error)) from error
    return scenarios.Scenario([*scenario.rules, *rules], scenario.seed)


def described(scenario: "scenarios.Scenario") -> tuple[str, ...]:
    """The specs of a scenario's faults."""
    from ssetape.replay import faults as scenarios

    return tuple(map(scenarios.described, scenario.rules))


def _options(seed_help: str) -> Decorator:
    return option_group(
        "scenario",
        make_scenario,
        click.option(
            "--fault",
            "faults",
            type=FAULT,
            multiple=True,
            metavar="SPEC",
            help="Inject a fault: 'cut event=3', 'refuse status=429 requests=1-2', ...; "
            "repeatable.",
        ),
        click.option(
            "--scenario",
            "scenario_path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Faults from a TOML file.",
        ),
        click.option("--seed", type=int, help=seed_help),
    )


fault_options = _options("Random seed, of faults and of --order.  [default: the scenario's, or 0]")
passing_fault_options = _options("Random seed of faults.  [default: the scenario's, or 0]")
