"""The type of path arguments."""

import click

# Only for shell completion, without checks: opening the file gives a better error.
PATH = click.Path(readable=False)
