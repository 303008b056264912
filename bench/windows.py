"""What does it cost the traffic that mitmweb shows recorded streams while they run?

    python bench/windows.py [--quick] [--json]

Method. Two mitmwebs with `addon/record.py` in reverse mode take turns: one with `tape_show=0`,
which keeps nothing for its window, one with the default. Each has a client that does what its page
does: reads the WebSocket with the updates, and asks for the view of one flow again with each update
of it. Origin, proxies, page and the reader of the streams run in separate processes.

Paced: 200 streams of 20 events/s each, every event with its send time from the machine's monotonic
clock. Figures are the events per second that came, and how late they came, once all had begun.

Flood: streams one after the other, as fast as they go through; a figure is events per second, the
ratio that of both in the same round. Then the memory (RSS) of each has grown by what the streams
of all rounds have left in it.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from report import json_line, percentile, stop, table

try:
    from websockets.sync.client import connect
except ImportError as error:
    stop(f"windows.py: {error}; try: uv run --group bench ...")

RECORD_ADDON = Path(__file__).resolve().parent.parent / "addon" / "record.py"
EVENT = b'data: {"sent_ns": %020d, "text": "' + b"x" * 120 + b'"}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
STREAMS, EVENTS_PER_S = 200, 20
# By then, all streams have begun.
SETTLES_S = 2.0
TIMEOUT_S = 60


def event() -> bytes:
    data = EVENT % time.monotonic_ns()
    return b"%x\r\n%b\r\n" % (len(data), data)


async def serve(port: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while asked := await reader.readuntil(b"\r\n\r\n"):
                count, gap_s = asked.split()[1].decode().strip("/").split("/")
                writer.write(HEAD)
                due_s = time.monotonic()
                for _ in range(int(count)):
                    due_s += float(gap_s)
                    if float(gap_s):
                        await asyncio.sleep(due_s - time.monotonic())
                    writer.write(event())
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.serve_forever()


def run_origin(port: int) -> None:
    asyncio.run(serve(port))


def look(url: str, asks: "multiprocessing.sharedctypes.Synchronized[int]") -> None:
    """Do what a page of mitmweb does that shows one flow."""
    watched = None
    with connect(f"ws{url[4:]}/updates?token=x", max_size=None) as updates:
        for text in updates:
            message = json.loads(text)
            if not message["type"].startswith("flows/"):
                continue
            payload: Any = message["payload"]
            flow = payload.get("flow", payload) if isinstance(payload, dict) else None
            if flow is None:
                continue
            if message["type"] == "flows/add":
                watched = flow["id"]
            elif flow["id"] == watched and flow.get("response"):
                content = f"{url}/flows/{watched}/response/content/auto.json?lines=512&token=x"
                with contextlib.suppress(OSError), urllib.request.urlopen(content) as answer:
                    asks.value += bool(answer.read())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Window:
    """A mitmweb with a page open."""

    def __init__(self, folder: Path, origin_port: int, tape_show: str) -> None:
        self.port, web_port = free_port(), free_port()
        options = [f"confdir={folder}", f"tape_dir={folder / 'tapes'}", f"tape_show={tape_show}"]
        options += [
            "web_password=x",
            f"web_port={web_port}",
            "web_open_browser=false",
            "tape_mask=off",
        ]
        words = [str(Path(sys.executable).with_name("mitmweb")), "-s", str(RECORD_ADDON)]
        words += ["--mode", f"reverse:http://127.0.0.1:{origin_port}", "-p", str(self.port)]
        for option in options:
            words += ["--set", option]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        wait_for(self.port)
        wait_for(web_port)
        self.asks = multiprocessing.Value("i", 0)
        page = f"http://127.0.0.1:{web_port}"
        self.page = multiprocessing.Process(target=look, args=(page, self.asks), daemon=True)
        self.page.start()
        time.sleep(1)

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def stop(self) -> None:
        self.page.terminate()
        self.process.terminate()
        self.process.wait(TIMEOUT_S)


def wait_for(port: int) -> None:
    deadline_s = time.monotonic() + TIMEOUT_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > deadline_s:
            stop(f"windows.py: nothing listens at port {port}")
        time.sleep(0.05)


async def read(port: int, count: int, late_ms: list[float], from_s: float) -> None:
    """Read a paced stream; note of each event that comes from some time on how late it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /%d/%f HTTP/1.1\r\nhost: a\r\n\r\n" % (count, 1 / EVENTS_PER_S))
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(count):
        size = int(await reader.readline(), 16)
        data = await reader.readexactly(size + 2)
        now_ns = time.monotonic_ns()
        if now_ns / 1e9 >= from_s:
            late_ms.append((now_ns - int(data[18:38])) / 1e6)
    writer.close()


async def paced(port: int, seconds: float) -> tuple[float, list[float]]:
    """Events per second that came, and how late each came, in order."""
    late_ms: list[float] = []
    from_s = time.monotonic() + SETTLES_S
    count = int((SETTLES_S + seconds) * EVENTS_PER_S)
    await asyncio.gather(*(read(port, count, late_ms, from_s) for _ in range(STREAMS)))
    return len(late_ms) / (time.monotonic() - from_s), sorted(late_ms)


async def flood(port: int, count: int) -> float:
    """Events per second of a stream that is as fast as it can be."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun_s = time.perf_counter()
    writer.write(b"GET /%d/0 HTTP/1.1\r\nhost: a\r\n\r\n" % count)
    last = b""
    while not last.endswith(b"\r\n0\r\n\r\n"):
        if not (data := await reader.read(1 << 18)):
            stop("windows.py: a stream was cut")
        last = (last + data)[-16:]
    writer.close()
    return count / (time.perf_counter() - begun_s)


@contextlib.contextmanager
def windows() -> Iterator[dict[str, Window]]:
    """One without and one with what is kept for show."""
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name:
        port = free_port()
        origin = multiprocessing.Process(target=run_origin, args=(port,), daemon=True)
        origin.start()
        wait_for(port)
        found: dict[str, Window] = {}
        try:
            for show in ("0", "16m"):
                folder = Path(name) / show
                folder.mkdir()
                found[show] = Window(folder, port, show)
            yield found
        finally:
            for each in found.values():
                each.stop()
            origin.terminate()


def main() -> None:
    options = argparse.ArgumentParser(description="What mitmweb's view of streams costs.")
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    seconds, rounds, events, floods = (3.0, 1, 4000, 3) if arguments.quick else (10.0, 5, 20000, 15)
    with windows() as found:
        rates: dict[str, list[float]] = {show: [] for show in found}
        late: dict[str, list[list[float]]] = {show: [] for show in found}
        speeds: dict[str, list[float]] = {show: [] for show in found}
        for window in found.values():  # what is loaded once is loaded by then
            asyncio.run(paced(window.port, 1.0))
        before = {show: window.memory_mb() for show, window in found.items()}
        for number in range(rounds):
            for show in sorted(found, reverse=bool(number % 2)):
                rate, late_ms = asyncio.run(paced(found[show].port, seconds))
                rates[show].append(rate)
                late[show].append(late_ms)
        between = {show: window.memory_mb() for show, window in found.items()}
        for number in range(floods):
            for show in sorted(found, reverse=bool(number % 2)):
                speeds[show].append(asyncio.run(flood(found[show].port, events)))
        after = {show: window.memory_mb() for show, window in found.items()}
        asks = {show: window.asks.value for show, window in found.items()}
    records = []
    for show in found:
        ratios = [a / b for a, b in zip(speeds[show], speeds["0"], strict=True)]
        records.append(
            {
                "tape_show": show,
                "events_per_s": median(rates[show]),
                "late_ms_p50": median(percentile(one, 50) for one in late[show]),
                "late_ms_p99": median(percentile(one, 99) for one in late[show]),
                "views": asks[show],
                "flood_per_s": median(speeds[show]),
                "flood_ratio": median(ratios),
                "memory_mb": before[show],
                "grown_mb_paced": between[show] - before[show],
                "grown_mb_flood": after[show] - between[show],
            }
        )
    if arguments.json:
        for record in records:
            json_line(record)
        return
    print(
        table(
            [
                {
                    "tape_show": str(record["tape_show"]),
                    "events/s": f"{record['events_per_s']:,.0f}",
                    "late ms p50": f"{record['late_ms_p50']:.2f}",
                    "p99": f"{record['late_ms_p99']:.1f}",
                    "views": str(record["views"]),
                    "flood/s": f"{record['flood_per_s']:,.0f}",
                    "ratio": f"{record['flood_ratio']:.2f}",
                    "MB": f"{record['memory_mb']:.0f}",
                    "+ paced": f"{record['grown_mb_paced']:.0f}",
                    "+ flood": f"{record['grown_mb_flood']:.0f}",
                }
                for record in records
            ]
        )
    )


if __name__ == "__main__":
    os.environ.pop("HTTP_PROXY", None)
    main()
