"""The options for streams that answer other requests; the same in every verb that replays."""

from typing import TYPE_CHECKING

import click

from ssetape.cli.options.group import option_group

if TYPE_CHECKING:
    from ssetape.replay import cues


def make_rules(independent: bool, no_rewrite: bool, strict: bool) -> "cues.SessionRules":
    """The rules from the options."""
    from ssetape.replay import cues

    if independent and strict:
        raise click.UsageError("--strict is for streams that wait: leave out --independent")
    return cues.SessionRules(waits=not independent, rewrites=not no_rewrite, is_strict=strict)


session_options = option_group(
    "sessions",
    make_rules,
    click.option(
        "--independent",
        is_flag=True,
        help="Give each stream its own time: do not wait for other requests of its session.",
    ),
    click.option(
        "--no-rewrite",
        is_flag=True,
        help="Leave addresses and JSON-RPC ids in responses as they were recorded.",
    ),
    click.option(
        "--strict",
        is_flag=True,
        help="Cut a stream that has waited 10 s for another request of its session.",
    ),
)
