import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.cli.running.replays import ReplaysOfCaptures
from ssetape.errors import ViewError
from ssetape.web.listing import Listing
from ssetape.web.serving import serve

Raw = Callable[..., bytes]
TIMEOUT_S = 30.0  # for what should never happen; no test waits for it


def test_it_serves_and_looks_for_captures_until_it_is_told_to_end(
    raw_capture: Raw, tmp_path: Path
) -> None:
    listing = Listing([tmp_path])
    found: list[bytes] = []

    def ask(url: str) -> None:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                found.append(answer.read())
            (tmp_path / "a.ssetape").write_bytes(raw_capture([(1.0, b"data: x\n\n")]))
            deadline_s = time.monotonic() + TIMEOUT_S
            while not any("events" in row for row in listing.since(0)):
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
            # A stream that has no end of its own does not hold it up.
            with urllib.request.urlopen(f"{url}rows", timeout=TIMEOUT_S) as answer:
                found.append(answer.readline())
                os.kill(os.getpid(), signal.SIGINT)
        except BaseException:
            os.kill(os.getpid(), signal.SIGINT)
            raise

    asking: list[threading.Thread] = []

    def ready(url: str) -> None:
        asking.append(threading.Thread(target=ask, args=(url,)))
        asking[0].start()

    serve(listing, ReplaysOfCaptures(), 0, ready)
    asking[0].join()
    assert b"Captures" in found[0]
    assert found[1] == b"event: reset\n"
    names = [thread.name for thread in threading.enumerate()]
    assert "ssetape-watch" not in names


def test_a_busy_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ViewError, match=rf"127.0.0.1:{port}: .*; port 0"):
            serve(Listing([]), ReplaysOfCaptures(), port, lambda url: None)
