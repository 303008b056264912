"""`ssetape auto`: replay what is captured, record the rest."""

import sys
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.address import Address, address_options
from ssetape.cli.options.captures import open_paths
from ssetape.cli.options.hosts import allow_host_option
from ssetape.cli.options.matching import Matching, matching_options
from ssetape.cli.options.pace import pace_options
from ssetape.cli.options.paths import PATH
from ssetape.cli.options.program import CommandWithProgram, program_of
from ssetape.cli.options.trust import Trust, trust_options
from ssetape.cli.running import proxied
from ssetape.cli.terminal.output import note

if TYPE_CHECKING:
    from ssetape.replay import pacing


@click.command(cls=CommandWithProgram)
@click.argument("folder", type=PATH, metavar="DIR [-- COMMAND...]")
@address_options(0)
@click.option("--reverse", metavar="URL", help="Stand in for URL: clients need no proxy.")
@click.option("--all", "record_all", is_flag=True, help="Record ordinary responses too.")
@trust_options()
@allow_host_option
@matching_options
@pace_options
@click.pass_context
def command(
    ctx: click.Context,
    folder: str,
    address: Address,
    reverse: str | None,
    record_all: bool,
    trust: Trust,
    allow_hosts: tuple[str, ...],
    matching: Matching,
    pace: "pacing.Pace",
) -> None:
    """Replay the captures in DIR, and record into DIR the requests that no capture answers.

    The first run records; later runs replay, offline. A new capture is replayed from the next run
    on. A request counts as recorded if method, path, query and the content of the body are the
    same; --match, --ignore-query and --ignore-field change that.

    COMMAND runs with proxy and CA set up as in `ssetape record`, and its exit code becomes
    ssetape's; without COMMAND, auto runs until Ctrl-C.

    \b
    Example:
        ssetape auto captures -- python chat.py
        ssetape auto captures --reverse https://api.openai.com -- python chat.py
    """
    from ssetape.replay import server

    if reverse is not None and "://" not in reverse:
        raise click.UsageError(
            f"--reverse {reverse}: expected a URL such as https://api.example.com"
        )
    program = program_of(ctx)
    path = proxied.folder_among((folder,))
    captures, _ = open_paths((folder,), may_be_empty=True)
    replay_server = server.ReplayServer(
        captures,
        pace,
        note,
        matching=matching.book(new_is_a_miss=True),
        allow_hosts=allow_hosts,
        may_be_empty=True,
        answers_once=True,
    )
    for remark in replay_server.shelf.remarks:
        note(remark)
    through = proxied.Through(
        host=address.host,
        port=address.port(runs_command=bool(program)),
        on_miss=proxied.RECORD,
        folder=path,
        reverse=reverse,
        trust=trust,
        record_all=record_all,
    )
    sys.exit(proxied.run(replay_server, through, program))
