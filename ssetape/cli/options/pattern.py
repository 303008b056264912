"""Regular expressions in options and arguments."""

import re

import click


def compiled_pattern(text: str, name: str, flags: int = 0) -> re.Pattern[str]:
    """A Python regular expression, from the option or argument of this name."""
    try:
        return re.compile(text, flags)
    except re.error as error:
        raise click.UsageError(f"{name} {text!r}: {error}") from error
