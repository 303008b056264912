"""The option for how many processes read captures; the same in every verb that reads many."""

import click

jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Read captures with N processes.  [default: one on each core, for many captures]",
)
