"""`ssetape doctor`: check the machine, and whether streams get through."""

import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click

from ssetape.capture import Capture
from ssetape.cli.options.paths import PATH
from ssetape.cli.terminal.hanging import hanging
from ssetape.cli.terminal.output import json_line
from ssetape.doctor import findings, machine, probe, responses
from ssetape.doctor.findings import Finding
from ssetape.errors import SsetapeError
from ssetape.output.printable import printable

_HOST = "127.0.0.1"
_STREAM = "crlf"  # the sample server's: five chunks in a quarter of a second
_TRIAL_S = 15.0


@click.command()
@click.argument("url", required=False)
@click.option("-X", "method", metavar="METHOD", help="HTTP method.  [default: GET; POST with -d]")
@click.option(
    "-H", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send this header; repeatable."
)
@click.option("-d", "data", metavar="BODY", help="Send this body, as application/json.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Watch URL for at most S seconds.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Check whether a proxy can listen on this port.",
)
@click.option(
    "--confdir",
    default="~/.mitmproxy",
    show_default=True,
    type=PATH,
    metavar="DIR",
    help="mitmproxy's folder, with the CA that clients must trust.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per check.")
def command(
    url: str | None,
    method: str | None,
    headers: tuple[str, ...],
    data: str | None,
    seconds: float,
    port: int,
    confdir: str,
    as_json: bool,
) -> None:
    """Check what recording needs on this machine, and whether URL streams.

    Sends a stream of the sample server through a recording proxy. Requests URL directly, as an
    event stream: the arrival times show whether anything on the way buffers it. Exits with 1 if
    there is a problem; warnings do not count.

    \b
    Example:
        ssetape doctor
        ssetape doctor https://api.example.com/stream
        ssetape doctor -X POST -H X-Key:1 -d '{"stream":true}' https://api.example.com/chat
    """
    fields = [_header(header) for header in headers]
    if url is None and (method or headers or data is not None):
        raise click.UsageError("-X, -H and -d need a URL to request")
    if url is not None:
        _check_url(url)
    found = machine.look(Path(confdir), _HOST, port)
    problem = _report(findings.of_machine(found), as_json)
    if found.mitmproxy is not None:
        has_ca = found.ca_expires_days is not None
        problem |= _report(_trial(Path(confdir) if has_ca else None), as_json)
    if url is not None:
        body = None if data is None else data.encode()
        if body is not None and "content-type" not in {name.lower() for name, _ in fields}:
            fields.append(("Content-Type", "application/json"))
        method = method or ("GET" if body is None else "POST")
        answer = probe.ask(url, method=method, headers=fields, body=body, watch_s=seconds)
        problem |= _report(responses.of_stream(answer), as_json)
    if problem:
        sys.exit(1)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        raise click.UsageError(f"-H {text!r}: expected 'NAME: VALUE'")
    return name.strip(), value.strip()


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or " " in url:
        raise click.UsageError(f"{url!r}: expected a URL such as https://api.example.com/stream")


def _report(found: list[Finding], as_json: bool) -> bool:
    """Print findings; return whether one is a problem."""
    for finding in found:
        if as_json:
            json_line(asdict(finding))
            continue
        label = f"{finding.level:8} {finding.check:16} "
        click.echo(hanging(label, printable(finding.found)))
        if finding.advice:
            click.echo(hanging(f"{'':25} -> ", printable(finding.advice)))
    sys.stdout.flush()
    return any(finding.level == findings.PROBLEM for finding in found)


def _trial(confdir: Path | None) -> list[Finding]:
    """Send a stream of the sample server through a recording proxy, and check the capture."""
    from ssetape.addon import inside
    from ssetape.samples import server as sample_server
    from ssetape.samples import streams

    bodies: list[bytes] = []
    stream = streams.STREAMS[_STREAM]

    async def through_proxy(folder: Path) -> responses.ProbedResponse:
        # If this machine has no CA yet, make a temporary one.
        settings = inside.ProxySettings(
            folder=folder / "tapes", port=0, confdir=confdir or folder / "confdir"
        )
        async with inside.proxy(settings) as proxy:
            answer = await asyncio.to_thread(
                probe.ask, url, proxy=proxy.url, watch_s=_TRIAL_S, bodies=bodies
            )
            await proxy.settle()
            return answer

    with (
        tempfile.TemporaryDirectory(prefix="ssetape-") as name,
        sample_server.SampleServer() as server,
    ):
        url = f"http://{_HOST}:{server.port}/streams/{_STREAM}"
        try:
            answer = asyncio.run(through_proxy(Path(name)))
            captures = [Capture(path) for path in (Path(name) / "tapes").glob("*.ssetape")]
            recorded = [chunk.data for capture in captures for chunk in capture.chunks()]
            complete = all(capture.end and capture.end.reason == "complete" for capture in captures)
        except SsetapeError as error:
            advice = "fix that first; `mitmdump` alone shows whether mitmproxy itself starts"
            return [Finding("trial", findings.PROBLEM, str(error), advice)]
    exact = complete and recorded == [piece.data for piece in stream.pieces]
    exact = exact and b"".join(bodies) == stream.body
    return responses.of_trial(answer, exact, len(stream.pieces))
