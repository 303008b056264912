"""mitmproxy inside this process: what `ssetape record` runs."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mitmproxy.connection import Client
from mitmproxy.exceptions import OptionsError
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.tools.dump import DumpMaster

from ssetape.errors import RecordError, RecordOptionError

from .. import record
from ..recorder import ends, masking, recording
from . import trust

if TYPE_CHECKING:
    from ..replay import SsetapeReplay

# A client that has just gone is reported by the next turns of the loop; a stream that is
# still open after this was not waiting for that.
_SETTLE_S = 1.0

# These come from the settings; the recorder's others may be set as any option of mitmproxy.
_OWN_OPTIONS = {"tape_all", "tape_dir", "tape_filter", "tape_mask"}


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """How to run the proxy.

    Attributes:
        reverse: a URL that all requests go to; None for an ordinary proxy.
        folder: where captures go.
        filter: mitmproxy filter expression, "" for everything.
        mask: whether what looks like a secret is masked.
        record_all: whether ordinary responses are recorded too.
        confdir: mitmproxy's own folder, which holds its CA.
        options: further mitmproxy options by name.
        is_recording: whether anything is recorded at all.
        replayer: what answers requests before they go anywhere, if anything does.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    reverse: str | None = None
    filter: str = ""
    mask: bool = True
    record_all: bool = False
    confdir: Path = Path("~/.mitmproxy")
    options: Mapping[str, Any] = field(default_factory=dict)
    is_recording: bool = True
    replayer: "SsetapeReplay | None" = None


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A proxy that accepts connections.

    Attributes:
        url: where.
        ca_certificate: the certificate that clients have to trust, PEM.
        stopped: set when the proxy was told to stop.
    """

    url: str
    ca_certificate: Path
    stopped: asyncio.Event
    _watch: "_Watch"

    @property
    def clients(self) -> int:
        """How many connections clients have made."""
        return self._watch.clients

    async def settle(self) -> None:
        """Wait until the streams of clients that have gone are seen to have ended."""
        for _ in range(100):
            if not recording.live:
                return
            await asyncio.sleep(_SETTLE_S / 100)


class _Watch:
    """Tells when mitmproxy has brought its servers up, or has failed to, and who came."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.clients = 0

    def running(self) -> None:
        self.ready.set()

    def client_connected(self, client: Client) -> None:
        self.clients += 1


@asynccontextmanager
async def proxy(settings: ProxySettings) -> AsyncIterator[RunningProxy]:
    """Run a recording proxy for as long as the `async with` block runs.

    Raises:
        RecordError: it cannot start: the port is taken, an option is not right, the folder
            for captures cannot be written to.
    """
    confdir = settings.confdir.expanduser().absolute()
    if settings.is_recording:
        _make_folder(settings.folder, "captures", "choose another folder with -o")
    _make_folder(confdir, "the CA", "choose another folder with --confdir")
    watch = _Watch()
    master = None
    try:
        mode = f"reverse:{settings.reverse}" if settings.reverse else "regular"
        ProxyMode.parse(mode)
        master = DumpMaster(
            Options(
                listen_host=settings.host,
                listen_port=settings.port,
                mode=[mode],
                confdir=str(confdir),
            ),
            with_termlog=False,
            with_dumper=False,
        )
        # It would exit this process where an exception says more.
        errorcheck = master.addons.get("errorcheck")
        errorcheck.finish()
        master.addons.remove(errorcheck)
        if settings.replayer is not None:
            master.addons.add(settings.replayer)
        if settings.is_recording:
            master.addons.add(record.SsetapeRecord())
            master.options.update(
                tape_dir=str(settings.folder),
                tape_filter=settings.filter,
                tape_mask="on" if settings.mask else "off",
                tape_all=settings.record_all,
            )
        master.addons.add(watch)
        # What the recorded program would trust, the proxy trusts in its place.
        master.options.update(ssl_verify_upstream_trusted_ca=str(trust.system_cas()))
        _set_options(master, settings.options)
    except (OptionsError, RecordOptionError, ValueError) as error:
        if master is not None:
            await master.done()  # takes its handlers out of logging
        raise RecordOptionError(f"cannot set up the proxy: {error}") from error
    task = asyncio.create_task(master.run())
    try:
        await _first(task, watch.ready)
        certificate = confdir / "mitmproxy-ca-cert.pem"
        yield RunningProxy(_url(master, settings), certificate, master.should_exit, watch)
    finally:
        master.shutdown()
        await asyncio.wait([task])
        await _close(master)
        recording.finish_all(ends.PROXY_SHUTDOWN)
        await asyncio.to_thread(masking.settle)


def _make_folder(folder: Path, what: str, hint: str) -> None:
    probe = folder / ".ssetape-probe"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RecordError(
            f"cannot write {what} to {folder}: {error.strerror or error}; {hint}"
        ) from error


def _set_options(master: DumpMaster, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name in _OWN_OPTIONS:
            raise RecordOptionError(f"{name} has an option of its own here")
        if name not in master.options:
            raise RecordOptionError(f"mitmproxy has no option {name!r}: see mitmdump --options")
        if isinstance(value, str):
            master.options.set(f"{name}={value}")
        else:
            master.options.update(**{name: value})


async def _first(task: asyncio.Task[None], event: asyncio.Event) -> None:
    """Wait for `event`, but not if `task` ends before it."""
    waiter = asyncio.create_task(event.wait())
    await asyncio.wait([task, waiter], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    if task.done():
        reason = task.exception() if not task.cancelled() else None
        raise RecordError(f"the proxy stopped as it started: {reason or 'no reason given'}")


async def _close(master: DumpMaster) -> None:
    """Stop listening and end all connections; mitmproxy leaves that to the process's end."""
    proxyserver = master.addons.get("proxyserver")
    await proxyserver.servers.update([])
    for connection in list(proxyserver.connections.values()):
        client = connection.transports.get(connection.client)
        if client is not None and client.handler is not None:
            client.handler.cancel("the proxy stops")  # as mitmproxy ends an idle one
    for _ in range(100):
        if not proxyserver.connections:
            return
        await asyncio.sleep(_SETTLE_S / 100)


def _url(master: DumpMaster, settings: ProxySettings) -> str:
    """Where the proxy listens, if it does."""
    servers = master.addons.get("proxyserver").servers
    for server in servers:
        if server.is_running and server.listen_addrs:
            host, port = server.listen_addrs[0][:2]
            # HTTP/3 has no form without TLS.
            scheme = "https" if (settings.reverse or "").startswith("http3:") else "http"
            return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    error = next((server.last_exception for server in servers if server.last_exception), None)
    # mitmproxy's text repeats the address and names options of its own.
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
    raise RecordError(
        f"cannot listen on {settings.host} port {settings.port}: {reason or 'no reason given'}; "
        f"--port 0 picks a free port"
    )
