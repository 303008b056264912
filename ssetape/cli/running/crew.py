"""Replaying with several processes on one port."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from ssetape.cli.running.collector import spare_streams
from ssetape.cli.running.ready import Ready
from ssetape.cli.terminal.output import note

if TYPE_CHECKING:
    from ssetape.replay import server

# Runs a command with the server's URL; returns its exit code.
Program = Callable[[str], Awaitable[int]]


def run(
    replay_server: "server.ReplayServer",
    workers: int,
    host: str,
    port: int,
    program: Program | None,
    ready: Ready,
    explain: Callable[[str], None],
) -> int:
    """Replay until Ctrl-C, or until the program ends; return the exit code.

    Args:
        explain: tells the user what is served at a URL.

    Raises:
        ReplayError: the port is not available, or the captures need a single process.
    """
    from ssetape.replay import listening as ports
    from ssetape.replay import supervisor as supervising

    with ExitStack() as stack:
        listening = ports.listening(host, port, workers)
        for sock in {sock for each in listening for sock in each}:
            stack.enter_context(closing(sock))
        supervisor = supervising.Supervisor(replay_server, host, listening, note)
        # Loaded once for all workers: a collector that looked at it would copy it into each.
        spare_streams()
        supervisor.start()
        url = replay_server.url_at(listening[0][0])
        ready.announce(url, len(replay_server.shelf.captures))
        explain(url)
        note(f"{workers} workers: processes {', '.join(map(str, supervisor.pids))}")
        if program is None:
            return supervisor.run()
        return supervisor.run(lambda channel: asyncio.run(_watched(program(url), channel)))


async def _watched(program: Awaitable[int], channel: socket.socket) -> int:
    """Run a program to its end; let it end if the process that serves it has."""

    def gone() -> None:
        loop.remove_reader(channel)
        os.kill(os.getpid(), signal.SIGTERM)  # which is forwarded to it

    loop = asyncio.get_running_loop()
    loop.add_reader(channel, gone)
    return await program
