"""Replaying to programs that keep their URLs, where nothing is passed on: without mitmproxy."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from ssetape.cli.options.extras import import_authority
from ssetape.cli.running.collector import spare_streams
from ssetape.cli.running.proxied import Through, note_start
from ssetape.cli.running.proxy import explain, run_program
from ssetape.cli.running.recorded import note_unrecorded
from ssetape.cli.terminal.output import note

if TYPE_CHECKING:
    from ssetape.replay import front as fronts
    from ssetape.replay import server as serving


def make_front(confdir: Path) -> "fronts.ProxyFront":
    """Make what a replay server is a proxy by.

    Raises:
        ReplayError: cryptography is not installed, or the CA in the folder cannot be used.
    """
    authority = import_authority().Authority(confdir)
    from ssetape.replay import front, identities

    return front.ProxyFront(identities.Identities(authority))


def run(
    replay_server: "serving.ReplayServer",
    front: "fronts.ProxyFront",
    through: Through,
    program: tuple[str, ...],
) -> int:
    """Replay until Ctrl-C, or until the program or browser ends; return the exit code.

    Raises:
        ReplayError: the proxy cannot start.
        RecordError: the browser cannot be started, or fails.
    """
    return asyncio.run(_run(replay_server, front, through, program))


async def _run(
    replay_server: "serving.ReplayServer",
    front: "fronts.ProxyFront",
    through: Through,
    program: tuple[str, ...],
) -> int:
    url = await replay_server.start(through.host, through.port)
    spare_streams()
    try:
        note_start(replay_server, through)
        code = await _serve(url, front, through, program, len(replay_server.shelf.captures))
    finally:
        await replay_server.close()
    if program and not through.browser and not front.requests:
        note(f"nothing connected to {url}: check the program's proxy settings")
    note_unrecorded()
    return code


async def _serve(
    url: str, front: "fronts.ProxyFront", through: Through, program: tuple[str, ...], captures: int
) -> int:
    """Serve for as long as the program, the browser or the user wants; return the exit code."""
    certificate = front.certificate_path
    if through.browser:
        from ssetape.addon import browser

        through.ready.announce(url, captures)
        await browser.run(through.browser, url, certificate, program)
        return 0
    if program:
        through.ready.announce(url, captures)
        return await run_program(url, certificate, program)
    stopped = asyncio.Event()
    # Before the announcement, as a signal may follow it at once.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    through.ready.announce(url, captures)
    explain(url, certificate)
    await stopped.wait()
    return 0
