"""Does masking delay the streams beside it?

    python bench/masking.py [--quick] [--json]

Method. Two mitmdumps run `addon/record.py` in reverse mode in front of one origin (a separate
process), one with `tape_mask=off`, one with `on`. Some streams (the load) are received to their
last byte but one, and held there. A stream of 100 events/s begins, and with its first event the
loads end, so that their captures are masked while that stream runs: as many loads as keep masking
busy for its whole time, by the speed measured first. Each event carries its send time from the
machine's monotonic clock; the client takes the time when a read that brings it returns. The first
half second, when the loads end, does not count.

The two take turns: off, on, and off again, which shows the noise. A ratio is the median over the
rounds of `on` divided by the first `off` of the same round, or of the second `off` by the first.
Two loads: chats of 4 MB with one key each, and one text of 40 MB in which nearly every word begins
as secrets do. "busy" is the share of the paced stream beside which masking ran, at least.

MB/s: the captures that the proxy with `tape_mask=off` has made, masked in this process.
"""

import argparse
import contextlib
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from statistics import median
from typing import NamedTuple, NoReturn

from recording import (
    H1_END,
    H1_HEAD,
    H1_REQUEST,
    READ_BYTES,
    RECORD_ADDON,
    ROUTES,
    TIMEOUT_S,
    Mitmdump,
    event,
    fetch,
    framed,
    mitmdump,
)
from report import json_line, percentile, stop, table

try:
    from ssetape.masking.files import mask_capture
except ImportError as error:
    stop(f"masking.py: ssetape is not installed ({error}); try: uv run --group bench ...")

ROUTE = ROUTES[0]  # plain HTTP/1.1: mitmproxy's own share of the latency is smallest
EVENTS_PER_S = 100
KEY_CHUNK = b"data: sk-ant-api03-" + b"a1B2c3D4" * 4 + b"\n\n"
SALT = bytes(32)
POLL_S = 0.05
# The loads' ends delay the first events, whether something is masked or not.
SETTLING_EVENTS = 50
MASKING_LIMIT_S = 300


class Load(NamedTuple):
    """What the captures to mask hold."""

    name: str
    size_bytes: int
    chunk: bytes


WORDS = b"sk- eyJ gh hf_ AKIA xox ://a: password: "
LOADS = (
    Load(
        "chat",
        4_000_000,
        b'data: {"id":"chatcmpl-Dk2nG7TqYb0vWmJx5sRzLc1pHfA9","object":"chat.completion.chunk",'
        b'"created":1795426203,"model":"gpt-4o-mini-2024-07-18","service_tier":"default",'
        b'"system_fingerprint":"fp_06737a9306","choices":[{"index":0,"delta":{"content":" word"},'
        b'"logprobs":null,"finish_reason":null}],"usage":null}\n\n',
    ),
    Load("unlucky", 40_000_000, b"data: " + WORDS * 100 + b"\n\n"),
)


# --- origin -----------------------------------------------------------------------------------


def serve_origin(listener: socket.socket) -> NoReturn:
    """Answer `GET /LOAD/N`, held before its end, and `GET /paced/N`, which lets the loads end."""
    chunks = {load.name: framed(load.chunk, ROUTE) for load in LOADS}
    held: list[threading.Event] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            target = connection.recv(READ_BYTES).split()[1].decode()
            connection.sendall(H1_HEAD)
            kind, _, count = target.strip("/").partition("/")
            if kind == "paced":
                paced(connection, int(count))
            else:
                go = threading.Event()
                connection.sendall(chunks[kind] * int(count) + framed(KEY_CHUNK, ROUTE))
                held.append(go)
                go.wait(TIMEOUT_S)
            connection.sendall(H1_END)
            while connection.recv(READ_BYTES):
                pass  # until the other side closes

    def paced(connection: socket.socket, count: int) -> None:
        start_s = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, start_s + number / EVENTS_PER_S - time.monotonic()))
            connection.sendall(framed(event(time.monotonic_ns()), ROUTE))
            while held:
                held.pop().set()

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


@contextlib.contextmanager
def origin() -> Iterator[int]:
    """Run the origin; yield its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = multiprocessing.get_context("spawn").Process(
            target=serve_origin, args=(listener,), daemon=True
        )
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


# --- measuring --------------------------------------------------------------------------------


class Recorder(NamedTuple):
    """A proxy, and where it records to."""

    proxy: Mitmdump
    port: int
    folder: Path

    def masked(self) -> int:
        """How many captures it has masked so far."""
        return self.proxy.log.read_text().count("ssetape: masked in ")


class Turn(NamedTuple):
    """The paced stream's latencies in ms, sorted, and how long masking took beside it."""

    latency_ms: list[float]
    masking_s: float


def receive(port: int, load: Load, all_but_the_end: threading.Semaphore) -> None:
    """Receive a load, and release the semaphore when only its end is missing."""
    last = framed(KEY_CHUNK, ROUTE)
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        target = f"/{load.name}/{load.size_bytes // len(load.chunk)}"
        connection.sendall(H1_REQUEST % target.encode())
        wire = b""
        while not wire.endswith(H1_END):
            data = connection.recv(READ_BYTES)
            if not data:
                raise ConnectionError(f"/{load.name} was cut")
            wire = (wire + data)[-len(last) :]
            if wire == last:
                all_but_the_end.release()


def take_turn(recorder: Recorder, load: Load, loads: int, events: int, *, masks: bool) -> Turn:
    all_but_the_end = threading.Semaphore(0)
    before = recorder.masked()
    with ThreadPoolExecutor(loads + 1) as pool:
        running = [pool.submit(receive, recorder.port, load, all_but_the_end) for _ in range(loads)]
        for _ in running:
            if not all_but_the_end.acquire(timeout=TIMEOUT_S):
                stop(f"masking.py: a load did not come: {recorder.proxy.last_words()}")
        start_s = time.monotonic()
        paced = pool.submit(fetch, recorder.port, ROUTE, f"/paced/{SETTLING_EVENTS + events}")
        while masks and recorder.masked() < before + loads:
            if time.monotonic() > start_s + MASKING_LIMIT_S:
                stop(f"masking.py: masking does not end: {recorder.proxy.last_words()}")
            time.sleep(POLL_S)
        masking_s = time.monotonic() - start_s
        latency_ms = sorted(paced.result().latency_ms[SETTLING_EVENTS:])
        return Turn(latency_ms, masking_s if masks else 0.0)


def masking_mb_per_s(folder: Path, load: Load) -> tuple[float, int]:
    """How fast a recorded load is masked, and its capture's size in bytes."""
    capture = next(folder.glob(f"{load.name}-*.ssetape"))
    size_bytes = capture.stat().st_size
    start_s = time.perf_counter()
    if mask_capture(capture, SALT).secret_count != 1:
        stop(f"masking.py: the one key in {capture} was not found")
    return size_bytes / 1e6 / (time.perf_counter() - start_s), size_bytes


class Cost(NamedTuple):
    """What was measured with one load; each list has an item for each round."""

    load: Load
    loads: int
    mb_per_s: float
    off: list[Turn]
    on: list[Turn]
    off_again: list[Turn]

    def figures(self, percent: float) -> dict[str, float]:
        """Latencies in ms, and their ratios."""
        off, on, again = (
            [percentile(turn.latency_ms, percent) for turn in turns]
            for turns in (self.off, self.on, self.off_again)
        )
        pairs = list(zip(off, on, again, strict=True))
        return {
            "off_ms": median(off),
            "on_ms": median(on),
            "ratio": median(with_masking / without for without, with_masking, _ in pairs),
            "noise": median(second / first for first, _, second in pairs),
        }

    def busy_share(self, events: int) -> float:
        """The share of the paced stream beside which masking ran, at least."""
        paced_s = (SETTLING_EVENTS + events) / EVENTS_PER_S
        return min(1.0, min(turn.masking_s for turn in self.on) / paced_s)


def measure(recorders: dict[str, Recorder], load: Load, events: int, rounds: int) -> Cost:
    take_turn(recorders["off"], load, 1, 0, masks=False)
    mb_per_s, size_bytes = masking_mb_per_s(recorders["off"].folder, load)
    paced_s = (SETTLING_EVENTS + events) / EVENTS_PER_S
    loads = ceil(mb_per_s * 1e6 * paced_s / size_bytes)
    take_turn(recorders["on"], load, 1, 0, masks=True)  # starts the masking process
    cost = Cost(load, loads, mb_per_s, [], [], [])
    for _ in range(rounds):
        cost.off.append(take_turn(recorders["off"], load, loads, events, masks=False))
        cost.on.append(take_turn(recorders["on"], load, loads, events, masks=True))
        cost.off_again.append(take_turn(recorders["off"], load, loads, events, masks=False))
    return cost


def row(cost: Cost, percent: float, events: int) -> dict[str, str]:
    figures = cost.figures(percent)
    return {
        f"latency in ms, {EVENTS_PER_S} events/s": f"{cost.load.name}, p{percent:g}",
        "off": f"{figures['off_ms']:.3f}",
        "on": f"{figures['on_ms']:.3f}",
        "on / off": f"{figures['ratio']:.2f}",
        "off / off": f"{figures['noise']:.2f}",
        "captures": f"{cost.loads}",
        "busy": f"{cost.busy_share(events):.0%}",
        "MB/s": f"{cost.mb_per_s:.1f}",
    }


def main() -> None:
    options = argparse.ArgumentParser(description="Whether masking delays the streams beside it.")
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    events, rounds, loads = 400, 5, LOADS
    if arguments.quick:
        events, rounds = 60, 1
        loads = tuple(load._replace(size_bytes=load.size_bytes // 10) for load in LOADS)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ssetape-bench-")))
        origin_port = stack.enter_context(origin())
        recorders: dict[str, Recorder] = {}
        for mask in ("off", "on"):
            tapes = folder / f"{mask}-tapes"
            settings = (f"tape_dir={tapes}", f"tape_mask={mask}")
            proxy = stack.enter_context(
                mitmdump(RECORD_ADDON, origin_port, ROUTE, folder / mask, *settings)
            )
            recorders[mask] = Recorder(proxy, proxy.port(), tapes)
        costs = [measure(recorders, load, events, rounds) for load in loads]
    if arguments.json:
        for cost in costs:
            latency = {f"p{percent}": cost.figures(percent) for percent in (50, 99)}
            busy = cost.busy_share(events)
            json_line({"load": cost.load.name, "mb_per_s": cost.mb_per_s, "busy": busy, **latency})
    else:
        print(table([row(cost, percent, events) for cost in costs for percent in (50, 99)]))


if __name__ == "__main__":
    main()
