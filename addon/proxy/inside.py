"""mitmproxy inside this process: what `ssetape record` runs."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
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
from ssetape.output.did_you_mean import did_you_mean
from ssetape.output.refusals import cannot_listen
from ssetape.recording import mask_finished, reasons, recording
from ssetape.recording.folder import make_folder

from .. import record
from ..faults.live import SsetapeFaults
from ..recorder.modify_body import ModifyStreamedBodies
from ..recorder.unreachable import Unreachable
from ..windows.window import SsetapeWindow
from . import own_addresses, trust
from .browsers_own import BrowsersOwn

if TYPE_CHECKING:
    from ..replay import SsetapeReplay

# mitmproxy reports a client's leaving within a few turns of the event loop; a stream that is
# still open after this time has another reason to be.
_SETTLE_S = 1.0

# Set from ProxySettings; the recorder's other options may be given like any mitmproxy option.
_OWN_OPTIONS = {"tape_all", "tape_dir", "tape_fault", "tape_fault_seed", "tape_filter", "tape_mask"}


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """How to run the proxy.

    Attributes:
        reverse: the URL that all requests go to; None for an ordinary proxy.
        folder: the folder for captures.
        filter: mitmproxy filter expression, "" for everything.
        mask: whether to mask what looks like a secret.
        record_all: whether to record ordinary responses too.
        confdir: mitmproxy's own folder, with its CA.
        options: more mitmproxy options, by name.
        is_recording: whether to record anything at all.
        replayer: answers requests from captures before they leave the proxy; None for no replay.
        has_browser: whether to answer what a browser asks of its own accord.
        faults: the specs of faults that recorded streams get.
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
    has_browser: bool = False
    faults: tuple[str, ...] = ()
    fault_seed: int = 0


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A proxy that accepts connections.

    Attributes:
        url: its URL.
        ca_certificate: the file of the CA certificate that clients have to trust, PEM.
        stopped: set when the proxy is asked to stop.
    """

    url: str
    ca_certificate: Path
    stopped: asyncio.Event
    _watch: "_Watch"

    @property
    def clients(self) -> int:
        """The number of connections that clients have made."""
        return self._watch.clients

    async def settle(self) -> None:
        """Wait until mitmproxy has reported the end of streams whose clients have left."""
        for _ in range(100):
            if not recording.live:
                return
            await asyncio.sleep(_SETTLE_S / 100)


class _Watch:
    """Notes when mitmproxy has started its servers, or failed to, and counts connections."""

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
        RecordError: it cannot start: the port is taken, an option is invalid, or the folder
            for captures is not writable.
    """
    confdir = settings.confdir.expanduser().absolute()
    if settings.is_recording:
        make_folder(settings.folder, "captures", "choose another folder with -o")
    make_folder(confdir, "the CA", "choose another folder with --confdir")
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
        # It would exit this process on an error; an exception says more.
        errorcheck = master.addons.get("errorcheck")
        errorcheck.finish()
        master.addons.remove(errorcheck)
        if settings.reverse:
            # Otherwise a client whose server cannot be reached is cut off without an answer.
            master.options.update(connection_strategy="lazy")
        _add_where_scripts_are(master, _our_addons(settings))
        if settings.is_recording:
            master.options.update(
                tape_dir=str(settings.folder),
                tape_filter=settings.filter,
                tape_mask="on" if settings.mask else "off",
                tape_all=settings.record_all,
                tape_fault=list(settings.faults),
                tape_fault_seed=settings.fault_seed,
            )
        master.addons.add(watch)
        # The proxy trusts the same servers as the recorded program would.
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
        recording.finish_all(reasons.PROXY_SHUTDOWN)
        await asyncio.to_thread(mask_finished.settle)


def _our_addons(settings: ProxySettings) -> Iterator[object]:
    yield Unreachable()
    if settings.has_browser:
        yield BrowsersOwn()
    if settings.replayer is not None:
        yield settings.replayer
    if settings.reverse:
        # Before the recorder, which then records what came from the server.
        yield own_addresses.OwnAddresses(settings.reverse)
    if settings.is_recording:
        yield record.SsetapeRecord()
        yield ModifyStreamedBodies()
        yield SsetapeFaults()
        yield SsetapeWindow()  # for `save_stream_file`


def _add_where_scripts_are(master: DumpMaster, addons: Iterable[object]) -> None:
    """Add addons before those of mitmproxy's own that change or save flows, as `-s` does.

    So captures have the headers that the server sent, and flow files how a stream ended.
    """
    chain = master.addons.chain
    before = list(chain)
    master.addons.add(*addons)
    added = chain[len(before) :]
    at = before.index(master.addons.get("scriptloader"))
    chain[:] = [*before[:at], *added, *before[at:]]


def _set_options(master: DumpMaster, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name in _OWN_OPTIONS:
            raise RecordOptionError(f"{name}: use ssetape's own option for it")
        if name not in master.options:
            hint = did_you_mean(name, master.options.keys())
            raise RecordOptionError(
                f"mitmproxy has no option {name!r}: see mitmdump --options{hint}"
            )
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
        raise RecordError(f"the proxy stopped while starting: {reason or 'no reason given'}")


async def _close(master: DumpMaster) -> None:
    """Stop listening and end all connections; mitmproxy leaves that to the end of the process."""
    proxyserver = master.addons.get("proxyserver")
    await proxyserver.servers.update([])
    for connection in list(proxyserver.connections.values()):
        client = connection.transports.get(connection.client)
        if client is not None and client.handler is not None:
            client.handler.cancel("the proxy is stopping")  # as mitmproxy ends an idle connection
    for _ in range(100):
        if not proxyserver.connections:
            return
        await asyncio.sleep(_SETTLE_S / 100)


def _url(master: DumpMaster, settings: ProxySettings) -> str:
    """The URL at which the proxy listens; raises RecordError if it does not."""
    servers = master.addons.get("proxyserver").servers
    for server in servers:
        if server.is_running and server.listen_addrs:
            host, port = server.listen_addrs[0][:2]
            # HTTP/3 always uses TLS.
            scheme = "https" if (settings.reverse or "").startswith("http3:") else "http"
            return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    error = next((server.last_exception for server in servers if server.last_exception), None)
    raise RecordError(cannot_listen(settings.host, settings.port, error))
