"""Serves the local page to this machine only, while a thread looks for captures."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from ssetape.errors import ViewError
from ssetape.output.refusals import cannot_listen
from ssetape.web.app import Replays, create_app
from ssetape.web.listing import Listing

HOST = "127.0.0.1"
# How often to look for captures. If there are very many, less often: at most this share of time.
_LOOK_EVERY_S = 0.5
_LOOK_SHARE = 0.1


def serve(
    listing: Listing,
    replays: Replays,
    port: int,
    on_ready: Callable[[str], None],
    token: str | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        port: 0 for a free one.
        on_ready: called with the URL, without the token, once the server listens.
        token: what clients need to know; None for nothing.

    Raises:
        ViewError: the port cannot be listened on.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise ViewError(cannot_listen(HOST, port, error)) from error
    config = uvicorn.Config(
        create_app(listing, replays, token),
        log_level="critical",
        lifespan="off",
        server_header=False,
        # The event streams do not end by themselves.
        timeout_graceful_shutdown=1,
    )
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(listing, stopping), name="ssetape-watch")
    with listener:
        watcher.start()
        try:
            server = uvicorn.Server(config)
            with _ended_by_signals(server):
                on_ready(f"http://{HOST}:{listener.getsockname()[1]}/")
                server.run(sockets=[listener])
        finally:
            stopping.set()
            watcher.join()


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Absorb the signals that stop the server: uvicorn raises them again after it shut down."""

    def end(number: int, frame: object) -> None:
        server.should_exit = True

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _watch(listing: Listing, stopping: threading.Event) -> None:
    pause_s = 0.0
    while not stopping.wait(pause_s):
        begun_s = time.monotonic()
        listing.look()
        pause_s = max(_LOOK_EVERY_S, (time.monotonic() - begun_s) / _LOOK_SHARE)
        due_s = time.monotonic() + pause_s
        while not stopping.is_set() and time.monotonic() < due_s and listing.measure_next():
            pass
        pause_s = max(0.0, due_s - time.monotonic())
