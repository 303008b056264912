"""Starts a browser to record from, or finds one that is running.

A browser of ours is spoken to through a pipe, which nobody else on the machine can use. Where its
program does not pass the pipe on, it gets a port on loopback.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ssetape.errors import TapError
from ssetape.tap import chromium
from ssetape.tap.connection import Connection, PipeConnection, SocketConnection
from ssetape.tap.devtools import Command

# Starts the program with the pipe's ends as descriptors 3 and 4, which is where Chromium looks.
# They may be in each other's way before, hence the copies.
_LAUNCHER = """
import fcntl, os, sys
ends = [int(word) for word in sys.argv[1:3]]
copies = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
for end in ends:
    os.close(end)
for copy, place in zip(copies, (3, 4)):
    os.dup2(copy, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
# A person sits at this browser. Chromium would tell pages that a program drives it, because of the
# pipe alone, and they would refuse it.
_NOT_DRIVEN = "--disable-blink-features=AutomationControlled"
_QUIET = ("--hide-crash-restore-bubble",)

_START_LIMIT_S = 30.0
_CLOSE_LIMIT_S = 10.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Started:
    """A browser of ours.

    Attributes:
        connection: to its DevTools.
        process: its program.
        version: its name and version, such as Chrome/156.0.8078.108.
    """

    connection: Connection
    process: asyncio.subprocess.Process
    version: str


@asynccontextmanager
async def started(
    program: str, profile: Path, *, is_headless: bool, further: Sequence[str] = ()
) -> AsyncIterator[Started]:
    """A browser, which is closed when the block ends.

    Raises:
        TapError: it does not start.
    """
    command = [program, *chromium.flags(profile), *_QUIET]
    command += ["--headless=new"] if is_headless else [_NOT_DRIVEN]
    command += further
    with tempfile.TemporaryFile() as output:
        process, connection, version = await _by_pipe(command, output)
        if connection is None:
            await _stop(process)
            process, connection, version = await _by_port(command, profile, output)
        try:
            yield Started(connection, process, version)
        finally:
            connection.send({"id": 0, "method": Command.CLOSE})
            await _stop(process, wait_s=_CLOSE_LIMIT_S)
            await connection.close()


async def _by_pipe(
    command: Sequence[str], output: IO[bytes]
) -> tuple[asyncio.subprocess.Process, Connection | None, str]:
    """Start with a pipe; no connection if it leads nowhere."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    ends = (str(theirs_in), str(theirs_out))
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _LAUNCHER, *ends),
            *(command[0], "--remote-debugging-pipe", *command[1:], "about:blank"),
            pass_fds=(theirs_in, theirs_out),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is for us, and we close it
        )
    finally:
        os.close(theirs_in)
        os.close(theirs_out)
    connection = await PipeConnection.open(ours_in, ours_out)
    version = await ask_version(connection, process)
    if version:
        return process, connection, version
    await connection.close()
    _fail_if_ended(process, command[0], output)
    return process, None, ""


async def _by_port(
    command: Sequence[str], profile: Path, output: IO[bytes]
) -> tuple[asyncio.subprocess.Process, Connection, str]:
    """Start with a port on loopback. Port 0 would mean that a program drives the browser."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = profile / "DevToolsActivePort"
    place.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(command[0], f"--remote-debugging-port={port}", *command[1:], "about:blank"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            while not (lines := _lines(place)):
                _fail_if_ended(process, command[0], output)
                await asyncio.sleep(_POLL_S)
            connection = await SocketConnection.open(f"ws://127.0.0.1:{lines[0]}{lines[1]}")
            version = await ask_version(connection, process)
    except TimeoutError:
        version = ""
    except BaseException:
        await _stop(process)
        raise
    if not version:
        await _stop(process)
        raise TapError(f"{command[0]} does not answer on port {port}: is it based on Chromium?")
    return process, connection, version


async def attached(address: str) -> tuple[Connection, str]:
    """Join a running browser; gives the connection, and its name and version.

    Args:
        address: HOST:PORT of its debugging port.

    Raises:
        TapError: no browser listens there.
    """
    url = f"http://{address}/json/version"
    try:
        found = await asyncio.to_thread(_get_json, url)
        socket_url = str(found["webSocketDebuggerUrl"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TapError(
            f"no browser with a debugging port at {address}: {error}; start one with: chromium "
            f"--remote-debugging-port=9222 --user-data-dir=FOLDER (a folder of its own: since 136, "
            f"Chrome ignores the port for its usual profile)"
        ) from error
    connection = await SocketConnection.open(socket_url)
    return connection, str(found.get("Browser", ""))


async def ask_version(
    connection: Connection, process: asyncio.subprocess.Process | None = None
) -> str:
    """The browser's name and version; "" if it ends, or the connection does, or none comes."""
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_message(message: dict[str, object]) -> None:
        result = message.get("result")
        if isinstance(result, dict) and "product" in result and not answered.done():
            answered.set_result(str(result["product"]))

    connection.send({"id": 0, "method": Command.VERSION, "params": {}})
    waiting: list[asyncio.Future[object]] = [asyncio.ensure_future(answered)]
    waiting.append(asyncio.ensure_future(connection.run(on_message)))
    if process is not None:
        waiting.append(asyncio.ensure_future(process.wait()))
    await asyncio.wait(waiting, timeout=_START_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting[1:]:
        each.cancel()
    await asyncio.gather(*waiting[1:], return_exceptions=True)
    if not answered.done():
        answered.cancel()
        return ""
    return answered.result()


def _lines(place: Path) -> list[str]:
    """The port and the path that a browser has written down; [] if it has not yet."""
    with contextlib.suppress(OSError, ValueError):
        lines = place.read_text("ascii").split()
        if len(lines) == 2:
            return lines
    return []


def _get_json(url: str) -> dict[str, object]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_START_LIMIT_S) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    if not isinstance(found, dict):
        raise ValueError(f"expected an object, found {found!r:.60}")
    return found


def _fail_if_ended(process: asyncio.subprocess.Process, program: str, output: IO[bytes]) -> None:
    """Raise TapError if a browser has ended as it started."""
    if process.returncode is None:
        return
    output.seek(0)
    last = chromium.last_words(output.read(), "--headless")
    if process.returncode == 0:
        raise TapError(
            f"{program} has handed over to a browser that runs with the same profile ({last}): "
            f"close that one, or use another --profile, or --throw-away"
        )
    raise TapError(f"{program} exited with {process.returncode}: {last}")


async def _stop(process: asyncio.subprocess.Process, wait_s: float = 0.0) -> None:
    """Wait for a browser to end, then end it."""
    for pause_s, end in ((wait_s, process.terminate), (_CLOSE_LIMIT_S, process.kill)):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await process.wait()
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            end()
    await process.wait()
