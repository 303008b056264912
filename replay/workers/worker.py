"""A process that serves captures with others: the exact server, under orders of a supervisor."""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import orjson

from ..answers.answerer import OWN_PATH
from ..answers.control_pages import page_of
from ..answers.metrics_page import METRICS_PATH, MetricsPage
from ..counts import Counts, PartOfCounts
from ..exchange import ClientRequest, Later, Say
from ..server import ReplayServer
from ..tally import Tally
from .channel import Messages, Order, Report, framed


class Crew(asyncio.Protocol):
    """A worker's connection to its supervisor, and by it to the other workers.

    Args:
        server: the worker's own.
        counts: what all workers count together.

    Attributes:
        is_over: set once the supervisor has ended, or wants the worker to end.
    """

    def __init__(self, server: ReplayServer, counts: Counts) -> None:
        self._server = server
        self._counts = counts
        self._messages = Messages()
        self._numbers = count()
        self._awaiting: dict[int, Callable[[Say], None]] = {}
        self._transport: asyncio.Transport | None = None
        self.is_over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over.set()

    def asked(self, asked: ClientRequest) -> Later | None:
        """Return the answer of all workers, if a request is for control or metrics; else None."""
        is_for_metrics = asked.target.partition("?")[0] == METRICS_PATH
        if (page_of(asked) is None and not is_for_metrics) or asked.method == "HEAD":
            return None
        if self._server.answerer.guard.refuses_own_path(asked) is not None:
            return None
        if not is_for_metrics:
            return Later(lambda then: self._order(asked, then))
        tally = replace(asked, method="GET", target=f"{OWN_PATH}tally", body=b"")
        return Later(lambda then: self._order(tally, lambda said: then(_metrics(asked, said))))

    def _order(self, asked: ClientRequest, then: Callable[[Say], None]) -> None:
        number = next(self._numbers)
        self._awaiting[number] = then
        self._send(Order(number, asked))

    def data_received(self, data: bytes) -> None:
        for message in self._messages.feed(data):
            if isinstance(message, Order):
                self._send(Report(message.number, self.obey(message)))
            else:
                self._awaiting.pop(message.number)(message.said)

    def obey(self, order: Order) -> Say:
        """Do what all workers are ordered to do, and return this one's answer."""
        before = self._server.control.scenario
        said = self._server.control_pages(order.asked)
        assert said is not None
        scenario = self._server.control.scenario
        if scenario is not before:
            scenario.counts = PartOfCounts(self._counts, ("fault", order.number))
        return said

    def _send(self, message: Order | Report) -> None:
        assert self._transport is not None
        self._transport.write(framed(message))


def _metrics(asked: ClientRequest, tally: Say) -> Say:
    """The answer to a request for metrics, from the tally of all workers."""
    if tally.status != 200:
        return tally
    page = MetricsPage(lambda: Tally.of(orjson.loads(tally.body)))(asked)
    assert page is not None
    return page


def work(
    server: ReplayServer,
    host: str,
    listening: Sequence[socket.socket],
    channel: socket.socket,
    counts: Counts,
    standing: Sequence[Order],
) -> None:
    """Serve until the supervisor ends.

    Args:
        host: as the user gave it.
        listening: the sockets to accept connections from.
        channel: connects to the supervisor.
        counts: what all workers count together.
        standing: the orders that were given before this worker was there, and still hold.
    """
    # What the terminal sends to all processes is for the supervisor, which then ends this one.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(_work(server, host, listening, channel, counts, standing))


async def _work(
    server: ReplayServer,
    host: str,
    listening: Sequence[socket.socket],
    channel: socket.socket,
    counts: Counts,
    standing: Sequence[Order],
) -> None:
    crew = Crew(server, counts)
    for order in standing:
        crew.obey(order)
    await asyncio.get_running_loop().create_connection(lambda: crew, sock=channel)
    await server.start(host, listening=listening, crew=crew)
    await crew.is_over.wait()
    await server.close()
