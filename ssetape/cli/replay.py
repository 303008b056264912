"""`ssetape replay`: serve captures."""

import asyncio
import functools
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING

import click

from ssetape.capture import Capture
from ssetape.cli.options.address import Address, address_options
from ssetape.cli.options.browser import BrowserChoice, browser_options
from ssetape.cli.options.captures import default_folder, open_paths
from ssetape.cli.options.choice import Choice
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.faults import fault_options
from ssetape.cli.options.hosts import allow_host_option
from ssetape.cli.options.load import Load, load_options
from ssetape.cli.options.matching import Matching, matching_options
from ssetape.cli.options.pace import pace_options
from ssetape.cli.options.program import CommandWithProgram, program_of
from ssetape.cli.options.sessions import session_options
from ssetape.cli.options.tls import Identity, TlsOptions, tls_options
from ssetape.cli.options.trust import Trust, trust_options
from ssetape.cli.options.workers import refuse_workers, workers_option
from ssetape.cli.running import crew, exact_proxy, proxied
from ssetape.cli.running.collector import spare_streams
from ssetape.cli.running.ready import Ready, ready_options
from ssetape.cli.terminal.output import note
from ssetape.errors import RecordError
from ssetape.requests.location import target

if TYPE_CHECKING:
    from ssetape.replay import cues, faults, pacing, server


_DEFAULT_PORT = 8900
# How many captures the server lists when it starts.
_LISTED = 8


@click.command(cls=CommandWithProgram, options_metavar="[OPTIONS]")
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]... [-- COMMAND...]")
@address_options(_DEFAULT_PORT)
@click.option("--proxy", "as_proxy", is_flag=True, help="Run as a proxy: clients keep their URLs.")
@browser_options
@click.option(
    "--on-miss",
    type=Choice([proxied.ERROR, proxied.PASS, proxied.RECORD]),
    default=proxied.ERROR,
    show_default=True,
    help="What to do with a request that no capture answers.",
)
@click.option("--origin", metavar="URL", help="Server that --on-miss forwards to, without --proxy.")
@trust_options("clients of the proxy")
@click.option(
    "--websocket",
    type=Choice(["loose", "strict"]),
    default="loose",
    show_default=True,
    help="With strict, WebSocket clients must send what was recorded.",
)
@click.option("--resume", is_flag=True, help="Resume after a request's Last-Event-ID.")
@click.option("--cors", is_flag=True, help="Let web pages of any origin read the responses.")
@workers_option
@allow_host_option
@ready_options
@tls_options
@matching_options
@session_options
@fault_options
@pace_options
@load_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    address: Address,
    as_proxy: bool,
    browser: BrowserChoice,
    on_miss: str,
    origin: str | None,
    trust: Trust,
    websocket: str,
    resume: bool,
    cors: bool,
    workers: int,
    allow_hosts: tuple[str, ...],
    ready: Ready,
    tls: TlsOptions,
    matching: Matching,
    sessions: "cues.SessionRules",
    scenario: "faults.Scenario",
    pace: "pacing.Pace",
    load: Load,
) -> None:
    """Serve captures: same bytes, same chunk boundaries, same timing.

    A request is answered by the capture with the same method and path; if there are several, by
    the one whose query and body are nearest. With --browser, and where --on-miss forwards, query
    and body must be the same, as far as --match and --ignore-field do not say otherwise. Ctrl-C
    stops the server.

    COMMAND runs with the server's URL in SSETAPE_URL, and in the variables that common SDKs read,
    such as OPENAI_BASE_URL; its exit code becomes ssetape's. With --proxy, COMMAND keeps its own
    URLs, and needs no network. The proxy takes SOCKS5, too, unless --on-miss forwards.

    --on-miss forwards what no capture answers, or records it into PATH.

    \b
    Example:
        ssetape replay captures
        ssetape replay --port 0 --speed 4 answer.ssetape
        ssetape replay --port 0 --ready-file ready.json captures
        ssetape replay --fault 'cut event=3 requests=1' captures
        ssetape replay --order shuffle --vary --limit-streams 500 captures
        ssetape replay --tls captures
        ssetape replay captures -- python chat.py
        ssetape replay --proxy captures -- curl -N https://api.example.com/stream
        ssetape replay --browser captures -- https://chat.example.com
    """
    from ssetape.replay import server
    from ssetape.replay import websocket as sockets

    program = program_of(ctx)
    passes = on_miss != proxied.ERROR
    paths = paths or (default_folder(),)
    folder = proxied.folder_among(paths) if on_miss == proxied.RECORD else None
    captures, _ = open_paths(paths, may_be_empty=passes)
    as_proxy = as_proxy or browser.is_wanted
    is_through = as_proxy or passes
    if tls.is_wanted and is_through:
        raise click.UsageError(
            "--tls, --http3 and --certificate are for a base URL: a proxy has its own certificates"
        )
    refuse_workers(
        workers,
        proxy=as_proxy and not browser.is_wanted,
        browser=browser.is_wanted,
        on_miss=passes,
        http3=tls.uses_http_3,
    )
    identity = tls.identity(ctx, address.host, trust.confdir)
    front = exact_proxy.make_front(trust.confdir) if as_proxy and not passes else None
    replay_server = server.ReplayServer(
        captures,
        pace,
        note,
        sockets.Strictness(websocket),
        cors=cors,
        allow_hosts=allow_hosts,
        resume=resume,
        scenario=scenario,
        matching=matching.book(
            new_is_a_miss=passes or browser.is_wanted, order=load.order, seed=scenario.seed
        ),
        sessions=sessions,
        tls=identity.context if identity else None,
        may_be_empty=passes,
        answers_once=passes,
        limit=load.limit,
        varies=load.varies,
        front=front,
    )
    for remark in replay_server.shelf.remarks:
        note(remark)
    _allow_many_connections()
    port = address.port(runs_command=bool(program) or browser.is_wanted)
    ctx.with_resource(ready)
    if workers > 1:
        run_program = functools.partial(_run, program, captures=captures) if program else None
        explain = functools.partial(_explain, captures, with_list=not program)
        sys.exit(crew.run(replay_server, workers, address.host, port, run_program, ready, explain))
    if not is_through:
        quic = identity if tls.uses_http_3 else None
        sys.exit(asyncio.run(_serve(replay_server, address.host, port, program, quic, ready)))
    through = proxied.Through(
        host=address.host,
        port=port,
        on_miss=on_miss,
        folder=folder,
        reverse=None if as_proxy else _origin(origin, replay_server.shelf.captures),
        trust=trust,
        browser=browser.program(),
        ready=ready,
    )
    if front is not None:
        sys.exit(exact_proxy.run(replay_server, front, through, program))
    sys.exit(proxied.run(replay_server, through, program))


def _origin(given: str | None, captures: list[Capture]) -> str:
    """Where misses go: the URL given, or the one server that all captures came from."""
    if given is not None:
        if "://" not in given:
            raise click.UsageError(f"--origin {given}: expected a URL like https://api.example.com")
        return given
    origins = proxied.origins(captures)
    if len(origins) != 1:
        found = f"{len(origins)} servers: {', '.join(origins[:3])}" if origins else "no server"
        raise click.UsageError(
            f"--on-miss needs --origin URL or --proxy, as the captures came from {found}"
        )
    return origins[0]


def _allow_many_connections() -> None:
    """Raise the limit of open files, often 1,024, to this user's maximum."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        pass  # macOS reports a maximum that it does not grant


async def _serve(
    replay_server: "server.ReplayServer",
    host: str,
    port: int,
    program: tuple[str, ...],
    quic: Identity | None,
    ready: Ready,
) -> int:
    url = await replay_server.start(host, port)
    stopped = asyncio.Event()
    quic_server = asyncio.ensure_future(_serve_quic(replay_server, host, quic, stopped))
    quic_server.add_done_callback(lambda done: stopped.set())
    spare_streams()
    captures = replay_server.shelf.captures
    if not program:
        # Before the announcement, as a signal may follow it at once.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ready.announce(url, len(captures))
    _explain(captures, url, with_list=not program)
    code = 0
    if program:
        code = await _run(program, url, captures)
    else:
        await stopped.wait()
    stopped.set()
    await replay_server.close()
    await quic_server
    return code


def _explain(captures: list[Capture], url: str, *, with_list: bool) -> None:
    """Tell what is served, and where."""
    note(f"replaying {len(captures)} capture{'s' * (len(captures) != 1)} at {url}")
    if not with_list:
        return
    for capture in captures[:_LISTED]:
        request = capture.request
        note(f"  {request.method} {target(request.url)} <- {capture.name}")
    if len(captures) > _LISTED:
        note(f"  and {len(captures) - _LISTED} more")
    note(f"all captures, each also as a GET: {url}/_ssetape/")


async def _serve_quic(
    replay_server: "server.ReplayServer",
    host: str,
    quic: Identity | None,
    stopped: asyncio.Event,
) -> None:
    if quic is None:
        await stopped.wait()
        return
    from ssetape.replay import asgi, http3

    app = asgi.AnswererApp(replay_server.answerer, note)
    await http3.serve(app, host, replay_server.port, quic.files, stopped)


async def _run(program: tuple[str, ...], url: str, captures: list[Capture]) -> int:
    """Run a command with the server's address in its environment."""
    from ssetape.addon import base_urls
    from ssetape.addon import program as child

    variables = dict(os.environ)
    for origin in proxied.origins(captures):
        variables.update(base_urls.variables(origin, url))
    try:
        return await child.run(program, {**variables, "SSETAPE_URL": url})
    except RecordError as error:
        note(str(error))
        return child.exit_code_of_failure(program[0])
