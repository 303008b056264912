"""Keeps workers running, and passes on what concerns all of them.

It holds the captures, then forks the workers: what they only read stays in memory once. It serves
nothing itself, and runs no event loop, so that it can fork at any time. Workers end when they see
that it has ended, whatever has ended it.
"""

import select
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from ssetape.errors import ReplayError

from ..server import ReplayServer
from .channel import Order, Report
from .orders import Orders
from .processes import Process, forked, how_ended
from .shared_bodies import SharedBodies
from .shared_counts import SharedCounts
from .shared_open import SharedOpen
from .signals import signals
from .worker import work

# What a worker has left to do when it is to end takes milliseconds.
_ENDS_S = 5.0
# Workers that end so soon have not served anybody; so many in a row never will.
_SOON_S = 1.0
_SOON_LIMIT = 5

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What is sent to all processes of a group may reach the workers first.
_TOGETHER_S = 0.2
# The place of a program, which is no worker's.
_NO_PLACE = -1


class Supervisor:
    """Runs a worker for each of several lists of listening sockets.

    Args:
        server: what the workers serve. It is not started here.
        host: where they listen, as the user gave it.
        listening: the sockets of each worker: `listening.listening`.
        log: called with a line when a worker ends.

    Raises:
        ReplayError: streams of the captures wait for requests, which other workers may get.
    """

    def __init__(
        self,
        server: ReplayServer,
        host: str,
        listening: Sequence[Sequence[socket.socket]],
        log: Callable[[str], None],
    ) -> None:
        _refuse_sessions(server)
        self._server = server
        self._host = host
        self._listening = listening
        self._log = log
        self._counts = SharedCounts()
        server.share(self._counts)
        self._bodies = server.shelf.bodies = SharedBodies()
        self._open_streams = SharedOpen(len(listening))
        server.limit_by(self._open_streams.total)
        self._workers: dict[int, Process] = {}
        self._program: Process | None = None
        self._exit_code: int | None = None  # once it is to end
        self._orders = Orders()
        self._soon = 0
        self._signals: socket.socket
        self._selector = selectors.DefaultSelector()
        self._open = ExitStack()

    @property
    def pids(self) -> list[int]:
        """The ids of the workers' processes."""
        return [worker.pid for _, worker in sorted(self._workers.items())]

    def start(self) -> None:
        """Start the workers. From here on, signals are handled: `run` has to follow.

        Raises:
            ReplayError: the system allows no more processes.
        """
        self._signals = self._open.enter_context(signals(_ENDING))
        self._selector.register(self._signals, selectors.EVENT_READ)
        for place in range(len(self._listening)):
            self._begin(place)

    def run(self, program: Callable[[socket.socket], int] | None = None) -> int:
        """Serve until a signal, or until a program ends; return the exit code.

        Args:
            program: runs the program in a process of its own, which gets SIGTERM and SIGHUP in
                place of this one; this one has ended when the socket is at its end.
        """
        try:
            if program is not None:
                self._program = self._forked(_NO_PLACE, program)
            while self._exit_code is None:
                self._turn()
        except ReplayError as error:
            self._log(str(error))
            self._exit_code = 1
        finally:
            self._end()
        return self._exit_code

    def _turn(self) -> None:
        """Wait until something happens, and handle it; signals first, as they may end workers."""
        until_s = self._orders.until_s
        wait_s = None if until_s is None else max(0.0, until_s - time.monotonic())
        ready = [key for key, _ in self._selector.select(wait_s)]
        for key in sorted(ready, key=lambda key: key.data is not None):
            if self._exit_code is not None:
                return
            if key.data is not None:
                self._hear(key.data)
            else:
                self._hear_signals()
        for asker, report in self._orders.expired(time.monotonic()):
            self._report(asker, report)

    def _hear_signals(self) -> None:
        for number in self._signals.recv(1024):
            if self._program is None:
                self._exit_code = 0
            elif number != signal.SIGINT:  # which the terminal has sent to the program, too
                self._program.signal(number)

    def _hear(self, process: Process) -> None:
        data = process.heard()
        if not data:
            self._ended(process)
        for message in process.messages.feed(data):
            if isinstance(message, Order):
                order = self._orders.begin(message, process.pid, self._workers, time.monotonic())
                for worker in self._workers.values():
                    worker.tell(order)
            elif (finished := self._orders.take(process.place, message)) is not None:
                self._report(*finished)

    def _report(self, asker: int, report: Report) -> None:
        for worker in self._workers.values():
            if worker.pid == asker:
                worker.tell(report)

    def _ended(self, process: Process) -> None:
        self._selector.unregister(process.channel)
        code = process.reap()
        if process is self._program:
            self._program = None
            self._exit_code = code if code >= 0 else 128 - code
            return
        del self._workers[process.place]
        self._open_streams.note(process.place, 0)
        if -code in _ENDING and select.select([self._signals], [], [], _TOGETHER_S)[0]:
            self._hear_signals()
            if self._exit_code is not None:
                return
        name = f"worker {process.place + 1} (process {process.pid}) {how_ended(code)}"
        self._soon = self._soon + 1 if time.monotonic() - process.began_s < _SOON_S else 0
        if self._soon >= _SOON_LIMIT:
            raise ReplayError(f"{name} at once, as {_SOON_LIMIT - 1} before it: giving up")
        self._orders.replace(process.place)
        worker = self._begin(process.place)
        self._log(f"{name}: its streams are cut; process {worker.pid} takes its place")
        for order in self._orders.under_way:
            worker.tell(order)

    def _begin(self, place: int) -> Process:
        listening, standing = self._listening[place], self._orders.standing

        def serve(channel: socket.socket) -> int:
            self._server.meter.on_open = lambda count: self._open_streams.note(place, count)
            work(self._server, self._host, listening, channel, self._counts, standing)
            return 0

        worker = self._workers[place] = self._forked(place, serve)
        return worker

    def _forked(self, place: int, do: Callable[[socket.socket], int]) -> Process:
        def alone(channel: socket.socket) -> int:
            """Do it without the sockets to others, which would not see that this one ended."""
            self._selector.close()
            for other in self._processes():
                other.channel.close()
            self._open.close()
            return do(channel)

        try:
            process = forked(place, alone)
        except OSError as error:
            raise ReplayError(f"cannot start a process: {error.strerror}") from error
        self._selector.register(process.channel, selectors.EVENT_READ, process)
        return process

    def _processes(self) -> list[Process]:
        return [*self._workers.values(), *([self._program] if self._program else [])]

    def _end(self) -> None:
        """End all processes."""
        waiting = self._processes()
        for process in waiting:
            with suppress(OSError):  # it has ended
                process.channel.shutdown(socket.SHUT_WR)
        until_s = time.monotonic() + _ENDS_S
        while waiting and (left_s := until_s - time.monotonic()) > 0:
            for key, _ in self._selector.select(left_s):
                if key.data is None:  # further signals change nothing
                    self._selector.unregister(key.fileobj)
                elif not key.data.heard():
                    waiting.remove(key.data)
                    self._selector.unregister(key.fileobj)
                    key.data.reap()
        for process in waiting:
            process.signal(signal.SIGKILL)
            process.reap()
        self._workers.clear()
        self._selector.close()
        self._counts.close()
        self._bodies.close()
        self._open.close()


def _refuse_sessions(server: ReplayServer) -> None:
    cues = server.answerer.sessions.sessions.cues
    if cues:
        index = next(iter(cues))
        name = server.shelf.captures[index].name
        raise ReplayError(
            f"{name}: with several workers, its stream cannot wait for other requests, as another "
            f"worker may get them; --independent gives each stream its own time"
        )
