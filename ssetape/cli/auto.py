"""`ssetape auto`: replay what is there, record what is not."""

import sys
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.captures import open_paths
from ssetape.cli.options.matching import matching_options
from ssetape.cli.options.pace import pace_options
from ssetape.cli.options.paths import PATH
from ssetape.cli.running import proxied
from ssetape.cli.running.proxy import CommandWithProgram, program_of
from ssetape.cli.terminal.output import note

if TYPE_CHECKING:
    from ssetape.replay import pacing, rules


@click.command(cls=CommandWithProgram, short_help="Replay what is there, record what is not.")
@click.argument("folder", type=PATH, metavar="DIR [-- COMMAND...]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--reverse", metavar="URL", help="Stand in for URL; no proxy to set up.")
@click.option("--all", "record_all", is_flag=True, help="Record ordinary responses too.")
@click.option(
    "--confdir",
    default="~/.mitmproxy",
    show_default=True,
    type=PATH,
    metavar="DIR",
    help="mitmproxy's folder, with the CA that clients have to trust.",
)
@click.option("-k", "--insecure", is_flag=True, help="Do not check the servers' certificates.")
@matching_options
@pace_options
@click.pass_context
def command(
    ctx: click.Context,
    folder: str,
    host: str,
    port: int,
    reverse: str | None,
    record_all: bool,
    confdir: str,
    insecure: bool,
    matching: "rules.MatchBook",
    pace: "pacing.Pace",
) -> None:
    """Replay the captures in DIR, and record into it what none of them answers.

    So a first run records, and all later ones replay, offline. What is recorded answers from the
    next run on. COMMAND runs with proxy and CA set up as by `ssetape record`, and its exit code
    becomes ours; without one it goes on until Ctrl-C.

    \b
    Example:
        ssetape auto captures -- python chat.py
        ssetape auto captures --reverse https://api.openai.com -- python chat.py
    """
    from ssetape.replay import server

    if reverse is not None and "://" not in reverse:
        raise click.UsageError(f"--reverse {reverse}: expected a URL, as https://api.example.com")
    path = proxied.folder_among((folder,))
    captures, _ = open_paths((folder,))
    replay_server = server.ReplayServer(
        captures,
        pace,
        note,
        matching=matching,
        may_be_empty=True,
        answers_once=True,
    )
    for problem in replay_server.shelf.unusable:
        note(problem)
    through = proxied.Through(
        host=host,
        port=port,
        on_miss=proxied.RECORD,
        folder=path,
        reverse=reverse,
        confdir=confdir,
        insecure=insecure,
        record_all=record_all,
    )
    sys.exit(proxied.run(replay_server, through, program_of(ctx)))
