"""The local page during another verb, in a separate process, so that it does not slow the verb."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ssetape.cli.terminal.output import note
from ssetape.errors import ViewError


@asynccontextmanager
async def viewer(folder: Path) -> AsyncIterator[None]:
    """Show a folder's captures on a local page while the block runs, and print the page's URL.

    The page's process ends with this one, however this one ends, because its stdin closes. Ctrl-C
    on the terminal does not reach it.

    Raises:
        ViewError: the page could not be started.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ssetape", "view", "--port", "0", "--until-stdin-ends"),
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        # Wait for the line here: a table of streams may use the terminal from now on.
        first = (await process.stderr.readline()).decode(errors="replace").strip()
        if "http://" not in first:
            raise ViewError(f"the page could not be served: {first or 'its process ended at once'}")
        note(first.removeprefix("ssetape: "))
        rest = asyncio.create_task(process.stderr.read())
        yield
        rest.cancel()
    finally:
        process.stdin.close()
        await process.wait()


def end_with_stdin() -> None:
    """End this process when its stdin closes."""

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="ssetape-stdin", daemon=True).start()
