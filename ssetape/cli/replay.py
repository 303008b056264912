"""`ssetape replay`: serve captures."""

import asyncio
import gc
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli._captures import open_paths
from ssetape.cli._faults import fault_options, make_scenario
from ssetape.cli._output import note
from ssetape.cli._pace import make_pace, pace_options

if TYPE_CHECKING:
    from ssetape.replay import server


# How many of its captures a starting server names.
_LISTED = 8


@click.command(short_help="Serve captures again, exactly.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8900,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--websocket",
    type=click.Choice(["loose", "strict"]),
    default="loose",
    show_default=True,
    help="Whether a WebSocket's client has to say what was recorded.",
)
@click.option("--resume", is_flag=True, help="Go on after a request's Last-Event-ID.")
@click.option("--cors", is_flag=True, help="Let web pages of any origin read the answers.")
@fault_options
@pace_options
def command(
    paths: tuple[str, ...],
    host: str,
    port: int,
    websocket: str,
    resume: bool,
    cors: bool,
    faults: tuple[str, ...],
    scenario_path: Path | None,
    seed: int | None,
    speed: float,
    instant: bool,
    max_gap_s: float | None,
) -> None:
    """Serve captures: same bytes, same chunk boundaries, same moments.

    A request is answered by the capture with its method and path; of several, by the one whose
    query and body are nearest. Ctrl-C ends it.

    \b
    Example:
        ssetape replay captures
        ssetape replay --port 0 --speed 4 answer.ssetape
        ssetape replay --fault 'cut event=3 requests=1' captures
    """
    from ssetape.replay import server
    from ssetape.replay import websocket as sockets

    captures, _ = open_paths(paths)
    pace = make_pace(speed, instant, max_gap_s)
    replay_server = server.ReplayServer(
        captures,
        pace,
        note,
        sockets.Strictness(websocket),
        cors=cors,
        resume=resume,
        scenario=make_scenario(faults, scenario_path, seed),
    )
    for problem in replay_server.shelf.unusable:
        note(problem)
    _allow_many_connections()
    asyncio.run(_serve(replay_server, host, port))


def _allow_many_connections() -> None:
    """Raise the limit of open files, often 1,024, to what this user may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        pass  # macOS names a limit here that it then does not grant


async def _serve(replay_server: "server.ReplayServer", host: str, port: int) -> None:
    url = await replay_server.start(host, port)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    # What is there now stays: looking at it again and again would only hold up the streams.
    gc.collect()
    gc.freeze()
    captures = replay_server.shelf.captures
    note(f"replaying {len(captures)} capture{'s' * (len(captures) != 1)} at {url}")
    for capture in captures[:_LISTED]:
        target = capture.request.url.partition("://")[2].partition("/")[2]
        note(f"  {capture.request.method} /{target} <- {capture.name}")
    if len(captures) > _LISTED:
        note(f"  and {len(captures) - _LISTED} more")
    note(f"the list, and each of them as a GET: {url}/_ssetape/")
    await stopped.wait()
    await replay_server.close()
