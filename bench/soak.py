"""Does the recorder keep working as clients come and go?

    python bench/soak.py [--minutes 5] [--streams 200] [--json]

Method. A mitmdump with `addon/record.py` is an ordinary proxy between an origin (a separate
process) and clients (this process). Each client reads one stream after another, 20 events/s in one
HTTP chunk each, until the time is over. A tenth of the streams are killed at a random time, half of
those by closing the connection and half by a reset. A client checks each event as it arrives: its
bytes contain the stream's and the event's number.

Afterwards there must be one capture per stream. It must have ended as its client did (`complete` or
`client_closed`), hold the events from the first on, each in its own chunk, and include all events
that the client received; a killed stream's capture may hold more. Exits with 1 if not.

The proxy's memory is read from /proc each second. The figures are the medians of the first and the
last minute (in shorter runs, of the first and the last fifth).
"""

import argparse
import asyncio
import multiprocessing
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import NamedTuple

from report import json_line, stop, table

try:
    from ssetape import SsetapeError
    from ssetape.capture import Capture
except ImportError as error:
    stop(f"soak.py: ssetape is not installed ({error}); try: uv run --group bench ...")

RECORD_ADDON = Path(__file__).resolve().parent.parent / "addon" / "record.py"
EVENTS_PER_S = 20
LONGEST_STREAM_S = 20.0
KILLED_SHARE = 0.1
PATIENCE_S = 30.0  # for one read, and for the proxy's start and stop
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(stream: int, number: int) -> bytes:
    return b'id: %d\ndata: {"stream": %d, "event": %d}\n\n' % (number, stream, number)


# --- origin -----------------------------------------------------------------------------------


def serve_origin(listener: socket.socket) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                _, stream, count = request.split(b" ")[1].rsplit(b"/", 2)
                writer.write(HEAD)
                began_s = time.monotonic()
                for number in range(int(count)):
                    data = event(int(stream), number)
                    writer.write(b"%x\r\n%b\r\n" % (len(data), data))
                    await writer.drain()
                    due_s = began_s + (number + 1) / EVENTS_PER_S
                    await asyncio.sleep(due_s - time.monotonic())
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, sock=listener, backlog=1024)
        await server.serve_forever()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(main())


# --- clients ----------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What the client of one stream saw.

    Attributes:
        sent: the number of events in the whole stream.
        received: the number of events received.
        left: "", or how it was killed: "close" or "reset".
        problem: what went wrong, or "".
    """

    sent: int
    received: int
    left: str
    problem: str


async def read_stream(
    proxy_port: int, origin: str, stream: int, count: int, kill_at: int | None, left: str
) -> Outcome:
    """Read a stream to its end, or until `kill_at` events were received."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy_port)
    received = 0
    try:
        url = f"http://{origin}/soak/{stream}/{count}"
        writer.write(f"GET {url} HTTP/1.1\r\nHost: {origin}\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            return Outcome(count, 0, "", f"answered {head[:60]!r}")
        while received != kill_at:
            async with asyncio.timeout(PATIENCE_S):
                size = int(await reader.readline(), 16)
                data = (await reader.readexactly(size + 2))[:-2]
            if not size:
                problem = "" if received == count else f"ended after {received} of {count} events"
                return Outcome(count, received, "", problem)
            if data != event(stream, received):
                return Outcome(count, received, "", f"event {received} came as {data[:80]!r}")
            received += 1
        return Outcome(count, received, left, "")
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:  # TimeoutError is OSError
        return Outcome(count, received, "", f"cut after {received} events: {error!r}")
    finally:
        if left == "reset" and received == kill_at:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()


async def run_clients(
    proxy: subprocess.Popen[bytes], proxy_port: int, origin: str, streams: int, run_s: float
) -> tuple[dict[int, Outcome], list[int]]:
    """What the client of each stream saw, and the proxy's memory in KB, second by second."""
    outcomes: dict[int, Outcome] = {}
    numbers = iter(range(sys.maxsize))
    chance = random.Random(1)
    end_s = time.monotonic() + run_s
    longest_s = min(LONGEST_STREAM_S, run_s / 3)

    async def slot() -> None:
        await asyncio.sleep(chance.uniform(0, longest_s / 4))
        while (left_s := end_s - time.monotonic()) > longest_s / 4:
            stream = next(numbers)
            length_s = min(left_s, chance.uniform(longest_s / 2, longest_s))
            count = max(2, int(length_s * EVENTS_PER_S))
            killed = chance.random() < KILLED_SHARE
            kill_at = chance.randrange(1, count) if killed else None
            left = chance.choice(["close", "reset"]) if killed else ""
            outcomes[stream] = await read_stream(proxy_port, origin, stream, count, kill_at, left)

    memory_kb: list[int] = []

    async def watch() -> None:
        while True:
            memory_kb.append(resident_kb(proxy.pid))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(slot() for _ in range(streams)))
    watching.cancel()
    return outcomes, memory_kb


def resident_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) if found else 0


# --- proxy ------------------------------------------------------------------------------------


def start_proxy(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    log = folder / "mitmdump.log"
    command = [str(Path(sys.executable).with_name("mitmdump")), "-s", str(RECORD_ADDON)]
    command += ["--listen-host", "127.0.0.1", "--listen-port", "0"]
    for setting in (f"confdir={folder}/confdir", f"tape_dir={folder}/tapes", "flow_detail=0"):
        command += ["--set", setting]
    with log.open("wb") as file:
        proxy = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
    deadline_s = time.monotonic() + PATIENCE_S
    while not (found := re.search(r"listening at \S*:(\d+)", log.read_text())):
        if time.monotonic() > deadline_s or proxy.poll() is not None:
            proxy.kill()
            proxy.wait()
            stop(f"soak.py: mitmdump did not start:\n{log.read_text()}")
        time.sleep(0.1)
    return proxy, int(found[1])


# --- captures ---------------------------------------------------------------------------------


def differences(folder: Path, outcomes: dict[int, Outcome]) -> list[str]:
    """How the captures differ from what clients saw, a sentence per difference."""
    found = [f"stream {n}: {o.problem}" for n, o in outcomes.items() if o.problem]
    unseen = set(outcomes)
    for path in sorted(folder.glob("*.ssetape")):
        try:
            capture = Capture(path)
            stream = int(capture.request.url.rsplit("/", 2)[1])
            chunks = [chunk.data for chunk in capture.chunks()]
            end = capture.end
        except SsetapeError as error:
            found.append(str(error))
            continue
        if stream not in unseen:
            found.append(f"stream {stream}: a second capture, or one that no client read")
            continue
        unseen.remove(stream)
        found += [f"stream {stream}: {problem}" for problem in capture.problems]
        outcome = outcomes[stream]
        expected = "client_closed" if outcome.left else "complete"
        if end is None or end.reason != expected:
            found.append(f"stream {stream}: expected end {expected}, found {end and end.reason}")
        if chunks != [event(stream, number) for number in range(len(chunks))]:
            found.append(f"stream {stream}: its chunks are not the events that were sent")
        if not outcome.received <= len(chunks) <= outcome.sent:
            found.append(
                f"stream {stream}: {len(chunks)} chunks, but its client received "
                f"{outcome.received} of {outcome.sent}"
            )
    return found + [f"stream {stream}: no capture" for stream in sorted(unseen)]


def main() -> None:
    options = argparse.ArgumentParser(description="Whether recording keeps working under load.")
    options.add_argument("--minutes", type=float, default=5.0, help="for how long (default: 5)")
    options.add_argument("--streams", type=int, default=200, help="at once (default: 200)")
    options.add_argument("--json", action="store_true", help="one JSON object")
    arguments = options.parse_args()
    if arguments.minutes <= 0 or arguments.streams < 1:
        options.error("--minutes and --streams must be above 0")
    if not Path("/proc/self/status").exists():
        stop("soak.py: found no /proc to read the proxy's memory from")
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    origin = f"127.0.0.1:{listener.getsockname()[1]}"
    server = multiprocessing.get_context("fork").Process(
        target=serve_origin, args=(listener,), daemon=True
    )
    server.start()
    listener.close()
    with tempfile.TemporaryDirectory(prefix="ssetape-soak-") as name:
        folder = Path(name)
        proxy, port = start_proxy(folder)
        try:
            outcomes, memory_kb = asyncio.run(
                run_clients(proxy, port, origin, arguments.streams, arguments.minutes * 60)
            )
            time.sleep(1)  # the last clients' ends reach the proxy
        finally:
            proxy.terminate()
            proxy.wait(PATIENCE_S)
            server.terminate()
            server.join()
        problems = differences(folder / "tapes", outcomes)
    report(outcomes, memory_kb, problems, as_json=arguments.json)
    if problems:
        raise SystemExit(1)


def report(
    outcomes: dict[int, Outcome], memory_kb: list[int], problems: list[str], *, as_json: bool
) -> None:
    window = min(60, max(1, len(memory_kb) // 5))
    ends = Counter(outcome.left or "complete" for outcome in outcomes.values())
    record = {
        "streams": len(outcomes),
        "complete": ends["complete"],
        "closed": ends["close"],
        "reset": ends["reset"],
        "events": sum(outcome.received for outcome in outcomes.values()),
        "seconds": len(memory_kb),
        "window_s": window,
        "rss_first_mb": round(median(memory_kb[:window]) / 1024, 1),
        "rss_last_mb": round(median(memory_kb[-window:]) / 1024, 1),
        "rss_max_mb": round(max(memory_kb) / 1024, 1),
        "problems": len(problems),
    }
    if as_json:
        json_line(record)
    else:
        print(table([{key: f"{value:,}" for key, value in record.items()}]))
    for problem in problems[:20]:
        print(problem, file=sys.stderr)


if __name__ == "__main__":
    main()
