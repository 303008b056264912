"""`ssetape record`: a recording proxy, alone or around a command."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.address import Address, address_options
from ssetape.cli.options.browser import BrowserChoice, browser_options
from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.cli.options.extras import import_inside, require_page
from ssetape.cli.options.faults import described, passing_fault_options
from ssetape.cli.options.paths import PATH
from ssetape.cli.options.trust import Trust, trust_options
from ssetape.cli.running import viewer
from ssetape.cli.running.proxy import ProxyLog, explain, run_program
from ssetape.cli.running.recorded import live_view, note_recorded, print_finished
from ssetape.cli.terminal.output import note
from ssetape.errors import RecordError, RecordOptionError

if TYPE_CHECKING:
    from ssetape.addon import inside
    from ssetape.replay import faults as scenarios

_DEFAULT_PORT = 8080  # mitmproxy's own


class _RecordCommand(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = "If it belongs to a command, put -- before that command."
            raise click.UsageError(f"{error.format_message()} {hint}", ctx) from error


@click.command(cls=_RecordCommand)
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "-o",
    "folder",
    default=DEFAULT_FOLDER,
    show_default=True,
    type=PATH,
    metavar="DIR",
    help="Folder for the captures.",
)
@address_options(_DEFAULT_PORT)
@click.option("--reverse", metavar="URL", help="Forward requests to URL: clients need no proxy.")
@browser_options
@click.option(
    "--filter",
    "filter_expression",
    default="",
    metavar="EXPR",
    help="Record only what matches this mitmproxy filter.",
)
@click.option(
    "--all",
    "record_all",
    is_flag=True,
    help="Record ordinary responses too: pages, scripts, API answers.",
)
@click.option(
    "--mask/--no-mask",
    default=True,
    show_default=True,
    help="Mask credentials, and likely secrets in URLs and bodies.",
)
@passing_fault_options
@trust_options()
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set any other mitmproxy option.",
)
@click.option("--view", "on_page", is_flag=True, help="Show streams live on a local page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per start, event and end.")
def command(
    program: tuple[str, ...],
    folder: str,
    address: Address,
    reverse: str | None,
    browser: BrowserChoice,
    filter_expression: str,
    record_all: bool,
    mask: bool,
    scenario: "scenarios.Scenario",
    trust: Trust,
    options: tuple[str, ...],
    on_page: bool,
    as_json: bool,
) -> None:
    """Record event streams through a proxy, until Ctrl-C or until COMMAND ends.

    COMMAND runs with the proxy and its CA set up in its environment; its exit code becomes
    ssetape's. With --reverse, COMMAND finds the URL to use in SSETAPE_URL, and in the variables
    that common SDKs read, such as OPENAI_BASE_URL. --browser runs Chromium, Chrome or Edge with a
    temporary profile, until it is closed. Unless COMMAND uses the terminal, a table there shows
    the streams; --view shows them on a page, event by event.

    With --fault, clients get the faults, in all recorded streams or those of a path that its on=
    names; captures have what the server sent.

    \b
    Example:
        ssetape record -- curl -N https://api.example.com/stream
        ssetape record --port 8080 -o captures
        ssetape record --reverse https://api.openai.com -- python chat.py
        ssetape record --browser https://chat.example.com
        ssetape record --fault 'stall event=5 seconds=20' -- python chat.py
    """
    inside = import_inside()
    if on_page:
        require_page()
    from ssetape.addon import base_urls

    further = trust.mitmproxy_options()
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise click.UsageError(f"--set {option}: expected NAME=VALUE")
        further[name] = value
    if reverse is not None and "://" not in reverse:
        raise click.UsageError(
            f"--reverse {reverse}: expected a URL such as https://api.example.com"
        )
    if as_json and program and not browser.is_wanted:
        raise click.UsageError("--json needs stdout, but COMMAND uses it: leave out one of them")
    if reverse and browser.is_wanted:
        raise click.UsageError("--browser needs a proxy: leave out --reverse")
    browser_program = browser.program()
    settings = inside.ProxySettings(
        folder=Path(folder).expanduser().absolute(),
        host=address.host,
        port=address.port(runs_command=bool(program or browser_program)),
        reverse=base_urls.split(reverse)[0] if reverse else None,
        filter=filter_expression,
        mask=mask,
        record_all=record_all,
        confdir=trust.confdir,
        options=further,
        has_browser=browser_program is not None,
        faults=described(scenario),
        fault_seed=scenario.seed,
    )
    try:
        sys.exit(
            asyncio.run(_record(settings, program, reverse, browser_program, on_page, as_json))
        )
    except RecordOptionError as error:
        raise click.UsageError(str(error).replace("tape_filter", "--filter")) from error


async def _record(
    settings: "inside.ProxySettings",
    program: tuple[str, ...],
    reverse: str | None,
    browser_program: str | None,
    on_page: bool,
    as_json: bool,
) -> int:
    from ssetape.addon import browser, inside

    code = 0
    failure = None
    log = ProxyLog()
    logging.getLogger().addHandler(log)
    view = live_view(log, as_json, alone=not program or browser_program is not None)
    async with AsyncExitStack() as stack:
        if view:
            stack.push_async_callback(view.close)  # after the proxy, which ends the streams
        proxy = await stack.enter_async_context(inside.proxy(settings))
        log.show()
        _explain(proxy, reverse, program, browser_program)
        if on_page:
            await stack.enter_async_context(viewer.viewer(settings.folder))
        if view:
            view.open()
        if browser_program:
            try:
                await browser.run(browser_program, proxy.url, proxy.ca_certificate, program)
            except RecordError as error:
                failure = error
        elif program:
            code = await run_program(proxy.url, proxy.ca_certificate, program, reverse)
        else:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, proxy.stopped.set)
            await proxy.stopped.wait()
        if program or browser_program:
            await proxy.settle()
    note_recorded(settings.folder, settings.record_all, _to_check(proxy, program, reverse))
    if as_json:
        print_finished()
    if failure:
        raise failure
    return code


def _to_check(proxy: "inside.RunningProxy", program: tuple[str, ...], reverse: str | None) -> str:
    """What to look at if nothing came."""
    from ssetape.addon import program as child
    from ssetape.addon import summary

    if reverse:
        where = "the URL in SSETAPE_URL" if program else f"{proxy.url} as its base URL"
        return f"check that the program uses {where}"
    if program and not proxy.clients:
        return f"nothing connected to the proxy; {child.why_nothing_came(program[0])}"
    return summary.NOTHING


def _explain(
    proxy: "inside.RunningProxy",
    reverse: str | None,
    program: tuple[str, ...],
    browser_program: str | None,
) -> None:
    if browser_program:
        note(f"recording {browser_program} until it is closed")
        return
    if program:
        return  # the program uses the terminal
    if reverse:
        from ssetape.addon import base_urls

        note(f"listening at {proxy.url}{base_urls.split(reverse)[1]}, forwarding to {reverse}")
        note("Ctrl-C stops it")
    else:
        explain(proxy.url, proxy.ca_certificate)
