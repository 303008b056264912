"""The exact server: replays captures, each byte and each cut at its recorded time."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ssetape.capture import Capture
from ssetape.errors import ReplayError
from ssetape.output.refusals import cannot_listen

from .answers import from_captures
from .answers.answerer import Listener
from .answers.control_pages import ControlPages
from .answers.guard import Reach
from .answers.limit import StreamLimit
from .answers.metrics_page import MetricsPage
from .control import Control
from .counts import Counts, PartOfCounts
from .faults import Scenario
from .lateness import LatenessWatch
from .matching.rules import MatchBook
from .pacing import Pace
from .sessions.cues import SessionRules
from .timer import Timer
from .wire.connection import Connection
from .wire.http1 import Http1Connection
from .wire.service import Crew, Service
from .wire.tls_connection import TlsConnection
from .wire.websocket import Strictness

if TYPE_CHECKING:
    from .proxying.front import ProxyFront

# Clients that connect at once wait here until they are accepted.
BACKLOG = 4096


class ReplayServer:
    """Serves captures.

    Args:
        captures: any number, in any order.
        pace: how recorded times become replay times.
        log: called with a line for every request.
        strictness: what WebSocket clients may send.
        cors: let pages of any origin read the answers.
        resume: continue after the Last-Event-ID of a request that has one.
        scenario: the faults that the answers get.
        matching: how closely a request has to match a captured one.
        may_be_empty: start even without captures.
        allow_hosts: host names that are the server's; see `local_only.Hosts`.
        tls: speak TLS, and HTTP/2 to clients that choose it with ALPN.
        answers_once: close every connection after one answer, without `Connection: close`.
        listeners: called with every request and its answer, before the answer is sent.
        sessions: how streams that answer other requests are treated; by default, they wait.
        limit: how many streams may be open; further requests are refused.
        varies: give each answer an id and a time of its own.
        front: makes the server a proxy, which stands in for every host; needs the extra `proxy`.

    Attributes:
        answerer: chooses the answers.
        control: pauses streams, and lists the answers so far.
        control_pages: the same over HTTP.
        meter: counts what it sends.
        port: the port it listens on, once started.
        shelf: the captures; `shelf.unusable` lists what was left out, and why.

    Raises:
        ReplayError: none of the captures can be replayed.
    """

    def __init__(
        self,
        captures: Iterable[Capture],
        pace: Pace | None = None,
        log: Callable[[str], None] = lambda line: None,
        strictness: Strictness = Strictness.LOOSE,
        *,
        cors: bool = False,
        resume: bool = False,
        scenario: Scenario | None = None,
        matching: MatchBook | None = None,
        may_be_empty: bool = False,
        allow_hosts: Iterable[str] = (),
        tls: ssl.SSLContext | None = None,
        answers_once: bool = False,
        listeners: Iterable[Listener] = (),
        sessions: SessionRules | None = None,
        limit: StreamLimit | None = None,
        varies: bool = False,
        front: "ProxyFront | None" = None,
    ) -> None:
        self.answerer = from_captures.answerer(
            captures,
            pace,
            cors=cors,
            resume=resume,
            scenario=scenario,
            matching=matching,
            may_be_empty=may_be_empty,
            allow_hosts=allow_hosts,
            sessions=sessions,
        )
        self.answerer.listeners += listeners
        self._front = front
        if front is not None:
            self.answerer.guard = self.answerer.guard.reached(Reach.PROXY)
            self.answerer.names_hosts = True
        self.shelf = self.answerer.shelf
        self.control = Control(self.answerer)
        self.control_pages = ControlPages(self.control)
        self.meter = self.control.meter
        self.answerer.varies = varies
        if limit is not None:
            self.answerer.limit = replace(limit, open=lambda: self.meter.open)
        self.answerer.routes += self.control_pages, MetricsPage(self.meter.tally)
        self._log = log
        self._lateness = LatenessWatch(self.meter, log)
        self._strictness = strictness
        self.port = 0
        self._service: Service | None = None
        self._tls = tls
        self._answers_once = answers_once
        self._servers: list[asyncio.Server] = []
        self._ticking: asyncio.TimerHandle | None = None

    def share(self, counts: Counts) -> None:
        """Count turns, faults and answers together with other processes."""
        self.answerer.share(counts)
        self.control.numbers = PartOfCounts(counts, "answer")

    def limit_by(self, open_streams: Callable[[], int]) -> None:
        """Count other processes' streams, too, where the number of open ones is limited."""
        limit = self.answerer.limit
        self.answerer.limit = limit and replace(limit, open=open_streams)

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        listening: Sequence[socket.socket] = (),
        crew: Crew | None = None,
    ) -> str:
        """Start to listen; return the URL.

        Args:
            listening: sockets that listen already, in place of new ones.
            crew: the other processes that serve the same port.

        Raises:
            ReplayError: the address is not available.
        """
        self._service = Service(
            answerer=self.answerer,
            timer=Timer(asyncio.get_running_loop()),
            strictness=self._strictness,
            log=self._log,
            control=self.control,
            crew=crew,
            answers_once=self._answers_once,
        )
        if self._front is not None:
            self._front.begin(self._service, self.shelf)
        self._watch()
        try:
            for sock in listening:
                self._add(await self._create(sock=sock))
            if not listening:
                listening = [await self._listen(host, port)]
        except ReplayError:
            self._end_watch()
            self._service.timer.close()
            raise
        bound_host, self.port = listening[0].getsockname()[:2]
        self.answerer.guard = self.answerer.guard.named(*own_names(host, bound_host))
        return self.url_at(listening[0])

    def url_at(self, sock: socket.socket) -> str:
        """The URL of the server if it listens on a socket."""
        host, port = sock.getsockname()[:2]
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    async def open_port(self) -> int:
        """Listen on one more loopback port; return its number.

        Raises:
            ReplayError: no port is available.
        """
        port: int = (await self._listen("127.0.0.1", 0)).getsockname()[1]
        return port

    async def _listen(self, host: str, port: int) -> socket.socket:
        """Listen on an address; return a socket of it."""
        try:
            server = await self._create(host=host, port=port)
        except (OSError, OverflowError) as error:
            raise ReplayError(cannot_listen(host, port, error)) from error
        self._add(server)
        listening: socket.socket = server.sockets[0]
        return listening

    async def _create(self, **where: Any) -> asyncio.Server:
        service = self._service
        assert service is not None
        return await asyncio.get_running_loop().create_server(
            lambda: self._accepted(service), backlog=BACKLOG, **where
        )

    def _add(self, server: asyncio.Server) -> None:
        for sock in server.sockets:
            # Connections inherit it: the system notices clients that vanished without a word.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._servers.append(server)

    def _accepted(self, service: Service) -> Connection:
        """What a client's new connection begins with."""
        if self._front is not None:
            return self._front.accepted()
        if self._tls is None:
            return Http1Connection(service)
        return TlsConnection(
            service,
            self._tls,
            lambda: Http1Connection(service),
            lambda reason: service.log(f"a TLS handshake failed: {reason}"),
        )

    def _watch(self) -> None:
        """Look at the connections, and at what is late, every second."""
        assert self._service is not None
        self._service.watch.second()
        self._lateness.second()
        self._ticking = asyncio.get_running_loop().call_later(1.0, self._watch)

    def _end_watch(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()

    async def close(self) -> None:
        """Stop listening and cut every stream."""
        if self._service is not None:
            # When its server closes, asyncio loses connections that it is just accepting.
            for server in self._servers:
                for sock in server.sockets:
                    asyncio.get_running_loop().remove_reader(sock.fileno())
            for _ in range(3):
                await asyncio.sleep(0)
            for server in self._servers:
                server.close()
            self._servers.clear()
            self._end_watch()
            for transport in list(self._service.transports):
                transport.abort()
            self._service.timer.close()
            for _ in range(3):  # the transports close their sockets in the loop's next turns
                await asyncio.sleep(0)


def own_names(host: str, address: str) -> set[str]:
    """The host names of a server that listens on `host`, which is an IP address.

    The machine's name counts only where other machines may use it.
    """
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return {host}
    return {host, socket.gethostname()}
