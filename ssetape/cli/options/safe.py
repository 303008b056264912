"""The option of verbs that print comma-separated values."""

import click

safe_option = click.option(
    "--safe",
    is_flag=True,
    help="For CSV: put ' before cells that spreadsheets would take for formulas.",
)
