"""`ssetape tap`: record from inside a browser, without a proxy."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.cli.options.extras import require_page
from ssetape.cli.options.paths import PATH
from ssetape.cli.running import viewer
from ssetape.cli.running.proxy import ProxyLog
from ssetape.cli.running.recorded import live_view, note_recorded, print_finished
from ssetape.cli.terminal.output import note
from ssetape.errors import RecordOptionError

if TYPE_CHECKING:
    from ssetape.cli.running.tapped import BrowserToTap
    from ssetape.tap.policy import Policy

_ATTACH_PORT = 9222  # what every guide starts a browser with

_TO_CHECK = "open a page in the browser that is recorded; with --attach, reload it"


@click.command()
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[URL] [-- FLAGS...]")
@click.option(
    "-o",
    "folder",
    default=DEFAULT_FOLDER,
    show_default=True,
    type=PATH,
    metavar="DIR",
    help="Folder for the captures.",
)
@click.option(
    "--attach",
    "address",
    is_flag=False,
    flag_value=f"127.0.0.1:{_ATTACH_PORT}",
    metavar="[HOST:PORT]",
    help=f"Join a running browser, and leave it open. [without a value: 127.0.0.1:{_ATTACH_PORT}]",
)
@click.option(
    "--profile",
    type=PATH,
    metavar="DIR",
    help="The browser's profile, kept for next time. [default: one in your data folder]",
)
@click.option("--throw-away", "throws_away", is_flag=True, help="Use a new profile; remove it.")
@click.option("--headless", "is_headless", is_flag=True, help="Run the browser without a window.")
@click.option(
    "--browser-path", type=PATH, metavar="PATH", help="The browser; any based on Chromium."
)
@click.option(
    "--filter",
    "filter_expression",
    default="",
    metavar="EXPR",
    help="Record only what matches, as in mitmproxy: ~d host, ~u path, ~t type.",
)
@click.option(
    "--all",
    "records_all",
    is_flag=True,
    help="Record ordinary responses too: pages, scripts, API answers.",
)
@click.option(
    "--mask/--no-mask",
    default=True,
    show_default=True,
    help="Mask credentials, and likely secrets in URLs and bodies.",
)
@click.option("--view", "on_page", is_flag=True, help="Show streams live on a local page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per start, event and end.")
def command(
    words: tuple[str, ...],
    folder: str,
    address: str | None,
    profile: str | None,
    throws_away: bool,
    is_headless: bool,
    browser_path: str | None,
    filter_expression: str,
    records_all: bool,
    mask: bool,
    on_page: bool,
    as_json: bool,
) -> None:
    """Record from inside a browser, until it is closed, or Ctrl-C.

    Starts Chromium, Chrome or Edge with a profile of its own that is kept, so that you log in
    once. Its pages see no proxy and no other certificate. What its pages, frames and workers
    receive is recorded as they receive it: after decoding, in the pieces that the browser reads.
    --attach joins a browser that was started with --remote-debugging-port and a
    --user-data-dir of its own.

    \b
    Example:
        ssetape tap https://chat.example.com
        ssetape tap --all --filter '~d chat.example.com' https://chat.example.com
        ssetape tap --attach
    """
    if on_page:
        require_page()
    url, flags = _split(words)
    if address is not None:
        _check_attached(profile, throws_away, is_headless, browser_path, flags)
        address = _address(address)
    if profile is not None and throws_away:
        raise click.UsageError("--profile is kept, --throw-away is not: leave out one of them")
    from ssetape.cli.running.tapped import BrowserToTap

    browser = BrowserToTap(address, browser_path, profile, throws_away, is_headless, flags)
    try:
        policy = _policy(filter_expression, records_all)
    except RecordOptionError as error:
        raise click.UsageError(str(error)) from error
    where = Path(folder).expanduser().absolute()
    asyncio.run(_tap(browser, url, where, policy, mask, on_page, as_json))


def _split(words: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The URL, and the browser's flags.

    Raises:
        click.UsageError: a word is neither.
    """
    url = words[0] if words and not words[0].startswith("-") else None
    flags = words[1:] if url is not None else words
    wrong = next((word for word in flags if not word.startswith("-")), None)
    if wrong is not None:
        raise click.UsageError(f"{wrong}: expected one URL, then -- and flags of the browser")
    if url is not None and "://" not in url and not url.startswith("about:"):
        host = url.partition("/")[0].partition(":")[0]
        scheme = "http" if host in ("localhost", "127.0.0.1") else "https"
        url = f"{scheme}://{url}"
    return url, flags


def _check_attached(
    profile: str | None,
    throws_away: bool,
    is_headless: bool,
    browser_path: str | None,
    flags: tuple[str, ...],
) -> None:
    given = {
        "--profile": profile is not None,
        "--throw-away": throws_away,
        "--headless": is_headless,
        "--browser-path": browser_path is not None,
        "flags": bool(flags),
    }
    wrong = [name for name, is_given in given.items() if is_given]
    if wrong:
        raise click.UsageError(
            f"--attach joins a browser that runs already: leave out {', '.join(wrong)}"
        )


def _address(found: str) -> str:
    """HOST:PORT, of what may be one of them.

    Raises:
        click.UsageError: it is neither.
    """
    text = found.removeprefix("http://").rstrip("/")
    host, colon, port = text.rpartition(":")
    if not colon and not text.isdecimal():
        host, port = text, str(_ATTACH_PORT)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.UsageError(f"--attach {found}: expected HOST:PORT, such as 127.0.0.1:9222")
    return f"{host or '127.0.0.1'}:{port}"


def _policy(filter_expression: str, records_all: bool) -> "Policy":
    from ssetape.tap import filter as filters
    from ssetape.tap.policy import Policy

    return Policy(records_all, filters.parse(filter_expression))


async def _tap(
    browser: "BrowserToTap",
    url: str | None,
    folder: Path,
    policy: "Policy",
    mask: bool,
    on_page: bool,
    as_json: bool,
) -> None:
    from ssetape.cli.running.tapped import connected
    from ssetape.recording import mask_finished
    from ssetape.recording.folder import make_folder
    from ssetape.tap.machine import Machine
    from ssetape.tap.recorder import Recorder
    from ssetape.tap.session import Session

    log = ProxyLog()
    logging.getLogger().addHandler(log)
    make_folder(folder, "captures", "choose another folder with -o")
    view = live_view(log, as_json)
    async with AsyncExitStack() as stack:
        if view:
            stack.push_async_callback(view.close)
        connection, version = await stack.enter_async_context(connected(browser))
        log.show()
        how = "until it is closed, or Ctrl-C" if browser.is_own else "Ctrl-C stops it"
        note(f"recording from {version}; {how}")
        if on_page:
            await stack.enter_async_context(viewer.viewer(folder))
        if view:
            view.open()
        session = Session(connection, Machine(policy), Recorder(folder, version, mask))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, session.ended.set)
        await session.run(url, is_own=browser.is_own)
        await asyncio.to_thread(mask_finished.settle)
    note_recorded(folder, policy.records_all, _TO_CHECK)
    if as_json:
        print_finished()
