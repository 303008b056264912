"""The browser that `ssetape tap` records from: started here, or joined."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ssetape.cli.terminal.output import note
from ssetape.tap import browser as browsers
from ssetape.tap import chromium
from ssetape.tap.connection import Connection
from ssetape.tap.profile import default_profile, prepare_profile, remove_profile


@dataclass(frozen=True, slots=True)
class BrowserToTap:
    """Which browser to record from.

    Attributes:
        address: HOST:PORT of a running browser's debugging port; None to start one.
        path: its program; None for an installed one.
        profile: the folder of a kept profile; None for the usual one.
        throws_away: whether to use a new profile, and to remove it.
        flags: further flags of the browser.
    """

    address: str | None
    path: str | None
    profile: str | None
    throws_away: bool
    is_headless: bool
    flags: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether it is started here."""
        return self.address is None


@asynccontextmanager
async def connected(browser: BrowserToTap) -> AsyncIterator[tuple[Connection, str]]:
    """The connection to the browser while the block runs, and its name and version.

    Raises:
        TapError, RecordError: there is no such browser, or it does not start.
    """
    if browser.address is not None:
        connection, version = await browsers.attached(browser.address)
        try:
            yield connection, version
        finally:
            await connection.close()
        return
    program = chromium.find(browser.path)
    if browser.throws_away:
        profile = Path(tempfile.mkdtemp(prefix="ssetape-browser-"))
    else:
        kept = Path(browser.profile) if browser.profile else default_profile(program)
        profile = prepare_profile(kept)
        note(f"the browser's profile, which is kept: {profile}")
    try:
        async with browsers.started(
            program, profile, is_headless=browser.is_headless, further=browser.flags
        ) as running:
            yield running.connection, running.version
    finally:
        if browser.throws_away:
            await remove_profile(profile)
