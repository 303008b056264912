"""Replaying through mitmproxy: for programs that keep their URLs, and to forward misses."""

import asyncio
import logging
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ssetape.capture import Capture
from ssetape.cli.options.extras import import_inside
from ssetape.cli.options.trust import Trust
from ssetape.cli.running.proxy import ProxyLog, explain, run_program
from ssetape.cli.running.ready import Ready
from ssetape.cli.running.recorded import note_unrecorded
from ssetape.cli.terminal.output import note

if TYPE_CHECKING:
    from ssetape.addon import inside
    from ssetape.replay import server as serving

# What to do with a request that no capture answers.
ERROR, PASS, RECORD = "error", "pass", "record"


@dataclass(frozen=True, slots=True)
class Through:
    """How to replay through mitmproxy.

    Attributes:
        on_miss: ERROR, PASS or RECORD.
        folder: where misses are recorded; None if they are not.
        reverse: the URL that the proxy stands in for; None for an ordinary proxy.
        record_all: whether ordinary responses are recorded too.
        browser: the browser to open, with the program as its arguments; None for no browser.
        ready: where to announce that the proxy listens.
    """

    host: str
    port: int
    on_miss: str
    folder: Path | None
    reverse: str | None
    trust: Trust
    record_all: bool = False
    browser: str | None = None
    ready: Ready = field(default_factory=Ready)

    @property
    def recorded_into(self) -> Path:
        """The whole path of the folder where misses are recorded."""
        return (self.folder or Path()).expanduser().absolute()


def run(replay_server: "serving.ReplayServer", through: Through, program: tuple[str, ...]) -> int:
    """Replay until Ctrl-C, or until the program ends; return the exit code.

    Raises:
        RecordError: the proxy cannot start.
    """
    inside = import_inside()
    from ssetape.addon import base_urls, replay

    if through.reverse:
        answerer = replay_server.answerer
        origin = urlsplit(through.reverse).hostname or ""
        answerer.guard = answerer.guard.named(through.host, origin)

    settings = inside.ProxySettings(
        folder=through.recorded_into,
        host=through.host,
        port=through.port,
        reverse=base_urls.split(through.reverse)[0] if through.reverse else None,
        confdir=through.trust.confdir,
        record_all=through.record_all,
        options=through.trust.mitmproxy_options(),
        is_recording=through.on_miss == RECORD,
        has_browser=True,
        replayer=replay.SsetapeReplay(replay_server, passes_misses=through.on_miss != ERROR),
    )
    return asyncio.run(_run(settings, replay_server, through, program))


async def _run(
    settings: "inside.ProxySettings",
    replay_server: "serving.ReplayServer",
    through: Through,
    program: tuple[str, ...],
) -> int:
    from ssetape.addon import inside
    from ssetape.recording import recording

    log = ProxyLog()
    logging.getLogger().addHandler(log)
    async with inside.proxy(settings) as proxy:
        log.show()
        note_start(replay_server, through)
        if not (through.browser or program):
            # Before the announcement, as a signal may follow it at once.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, proxy.stopped.set)
        through.ready.announce(proxy.url, len(replay_server.shelf.captures))
        if through.browser:
            from ssetape.addon import browser

            code = 0
            await browser.run(through.browser, proxy.url, proxy.ca_certificate, program)
        elif program:
            code = await run_program(proxy.url, proxy.ca_certificate, program, through.reverse)
            await proxy.settle()
        else:
            code = 0
            _explain(proxy, through)
            await proxy.stopped.wait()
    if through.on_miss == RECORD:
        note(f"recorded {recording.finished.total()} in {settings.folder}")
    if program and not through.browser and not proxy.clients:
        note(f"nothing connected to {proxy.url}: check the program's proxy settings")
    note_unrecorded()
    return code


def note_start(replay_server: "serving.ReplayServer", through: Through) -> None:
    """Say how many captures answer, and what becomes of other requests."""
    misses = {
        ERROR: "refused",
        PASS: "passed on",
        RECORD: f"passed on, and recorded in {through.recorded_into}",
    }
    count = len(replay_server.shelf.captures)
    note(f"captures that answer: {count}; other requests are {misses[through.on_miss]}")


def _explain(proxy: "inside.RunningProxy", through: Through) -> None:
    if through.reverse:
        from ssetape.addon import base_urls

        path = base_urls.split(through.reverse)[1]
        note(f"listening at {proxy.url}{path}, in place of {through.reverse}")
        note("Ctrl-C stops it")
    else:
        explain(proxy.url, proxy.ca_certificate)


def origins(captures: Iterable[Capture]) -> list[str]:
    """The URLs of the servers that captures came from, each once."""
    found: dict[str, None] = {}
    for capture in captures:
        parts = urlsplit(capture.request.url)
        if parts.netloc:
            found[f"{parts.scheme}://{parts.netloc}"] = None
    return list(found)


def folder_among(paths: tuple[str, ...]) -> Path:
    """The folder to record into: the first path that is a folder, or is new and made one.

    Raises:
        click.UsageError: there is no such path.
    """
    for path in map(Path, paths):
        if path.is_dir():
            return path
        if not path.exists() and not path.suffix:
            path.mkdir(mode=0o700, parents=True)
            return path
    raise click.UsageError(
        "--on-miss record: expected a folder to record into among the given paths"
    )
