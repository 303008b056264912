"""What does `ssetape tap` see of 20 streams at once, and what does it cost?

    python bench/tap.py [--quick] [--json]

Method. A server sends 20 streams at once, of 100 events/s each, to a page in headless Chromium,
which reads them with `fetch`. Each event carries when it was sent, by the machine's clock. The
same page runs in turns in a browser of its own, and in one that `ssetape tap` has started.

Late: when a chunk came, by its capture (`started`, and the chunk's time), less when its last event
was sent, in ms. Lost, doubled: events of a stream that are not in its capture, or twice. Together:
chunks with more than one event, because the browser read them at once.
Fed: a million such events, of 20 streams, at once into the machine that makes captures of them,
with a hundred thousand ordinary requests between them: memory after a fifth of them and at the
end, and the time of each.
CPU: what the browser's processes, and ssetape's, used while the streams ran, as a share of one
core; the ratio is the tapped browser's by the other's. Memory: ssetape's, at the end.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.synchronize import Event
from pathlib import Path

from report import json_line, percentile, stop, table

try:
    import orjson

    import ssetape
    from ssetape.tap.actions import Action, Send
    from ssetape.tap.machine import Machine
    from ssetape.tap.policy import Policy
    from ssetape.tap.recorder import Recorder
except ImportError as error:
    stop(f"tap.py: ssetape is not installed ({error}); try: uv run --group bench ...")

STREAMS = 20
EVENTS_PER_S = 100
PORTS = 5  # a browser opens six connections to one address
TIMEOUT_S = 120.0
CHROMIUM = ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking")

PAGE = """<script>
const read = async (url) => {
  const reader = (await fetch(url)).body.getReader()
  while (!(await reader.read()).done);
}
(async () => {
  await fetch('/begin')
  await Promise.all(URLS.map(read))
  await fetch('/done')
})()
</script>"""

Stat = dict[int, tuple[int, float]]


async def serve(
    ports: "multiprocessing.Queue[int]", begun: Event, done: Event, run_s: float
) -> None:
    urls: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await answer(head.split()[1].decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if path.startswith("/stream"):
            await stream(writer)
            return
        body = b""
        if path == "/begin":
            begun.set()
        elif path == "/done":
            done.set()
        elif path == "/":
            body = PAGE.replace("URLS", repr(urls)).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )

    async def stream(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Access-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        start_s = time.monotonic()
        for number in range(int(run_s * EVENTS_PER_S)):
            await asyncio.sleep(start_s + number / EVENTS_PER_S - time.monotonic())
            event = b"data: %d %.6f\n\n" % (number, time.time())
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        writer.write(b"0\r\n\r\n")

    servers = [await asyncio.start_server(handle, "127.0.0.1", 0) for _ in range(PORTS)]
    listening = [server.sockets[0].getsockname()[1] for server in servers]
    urls += [
        f"http://127.0.0.1:{listening[number % PORTS]}/stream?{number}" for number in range(STREAMS)
    ]
    ports.put(listening[0])
    await asyncio.Event().wait()


def run_server(
    ports: "multiprocessing.Queue[int]", begun: Event, done: Event, run_s: float
) -> None:
    asyncio.run(serve(ports, begun, done, run_s))


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def used_s(root: int) -> tuple[float, float]:
    """CPU seconds of a process, and of all its descendants."""
    parents: dict[int, int] = {}
    cpu_s: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            ticks = int(fields[11]) + int(fields[12])
            cpu_s[int(entry.name)] = ticks / os.sysconf("SC_CLK_TCK")

    def is_below(number: int) -> bool:
        while number in parents:
            number = parents[number]
            if number == root:
                return True
        return False

    return cpu_s.get(root, 0.0), sum(s for number, s in cpu_s.items() if is_below(number))


def memory_mb(number: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{number}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def measured(command: list[str], begun: Event, done: Event) -> dict[str, float]:
    begun.clear()
    done.clear()
    with running(command) as process:
        if not begun.wait(TIMEOUT_S):
            stop(f"tap.py: the page did not load: {' '.join(command)}")
        start_s, before = time.monotonic(), used_s(process.pid)
        if not done.wait(TIMEOUT_S):
            stop("tap.py: the page did not read all streams")
        took_s, after = time.monotonic() - start_s, used_s(process.pid)
        time.sleep(0.5)
        return {
            "root": (after[0] - before[0]) / took_s,
            "below": (after[1] - before[1]) / took_s,
            "memory_mb": memory_mb(process.pid),
        }


def captured(folder: Path, run_s: float) -> dict[str, float]:
    """What the captures have, against what was sent."""
    late_ms: list[float] = []
    lost = doubled = together = 0
    captures = [ssetape.open(path) for path in folder.iterdir()]
    for capture in captures:
        started_s = datetime.fromisoformat(capture.started).timestamp()
        numbers: list[int] = []
        for chunk in capture.chunks():
            sent = re.findall(rb"data: (\d+) ([\d.]+)\n\n", chunk.data)
            numbers += [int(number) for number, _ in sent]
            together += len(sent) > 1
            late_ms.append((started_s + chunk.t_s - float(sent[-1][1])) * 1000)
        lost += int(run_s * EVENTS_PER_S) - len(set(numbers))
        doubled += len(numbers) - len(set(numbers))
    late_ms.sort()
    lost += (STREAMS - len(captures)) * int(run_s * EVENTS_PER_S)
    return {
        "late_p50_ms": percentile(late_ms, 50),
        "late_p99_ms": percentile(late_ms, 99),
        "late_max_ms": late_ms[-1],
        "lost": lost,
        "doubled": doubled,
        "together": together,
    }


def feed(events: int, results: "multiprocessing.Queue[tuple[float, float, float]]") -> None:
    """Make captures of very many events of streams that do not end; in a process of its own."""
    event = b64encode(b'data: {"choices":[{"delta":{"content":"hello"}}]}\n\n').decode()
    html = {"content-type": "text/html"}
    with tempfile.TemporaryDirectory() as name:
        machine = Machine(Policy(False, lambda heads: True))
        recorder = Recorder(Path(name), "bench", mask=False)

        def do(actions: list[Action]) -> None:
            for action in actions:
                if not isinstance(action, Send):
                    recorder.write(action)
                elif action.command == "Network.streamResourceContent":
                    reply = {"id": action.number, "result": {"bufferedData": ""}}
                    do(machine.receive(reply, 1.0))

        def tell(method: str, session: str, **params: object) -> None:
            message = {"method": method, "sessionId": session, "params": params}
            # As it comes from the browser: parsing belongs to the cost.
            do(machine.receive(orjson.loads(orjson.dumps(message)), now_s + 0.001))

        def ask(session: str, id: str, headers: dict[str, str]) -> None:
            request = {"url": "http://a.test/", "method": "GET", "headers": {}}
            known: dict[str, object] = {"requestId": id, "timestamp": now_s}
            tell("Network.requestWillBeSent", session, request=request, wallTime=1e9, **known)
            response = {"status": 200, "headers": headers}
            tell("Network.responseReceived", session, response=response, **known)

        now_s = 1.0
        do(machine.start())
        for number in range(STREAMS):
            info = {"type": "page", "targetId": f"t{number}"}
            tell("Target.attachedToTarget", "", sessionId=f"s{number}", targetInfo=info)
            ask(f"s{number}", str(number), {"content-type": "text/event-stream"})
        early_mb = 0.0
        start_s = time.perf_counter()
        for number in range(events):
            now_s += 0.001
            stream = number % STREAMS
            known = {"requestId": str(stream), "timestamp": now_s, "dataLength": 50, "data": event}
            tell("Network.dataReceived", f"s{stream}", **known)
            if number % 10 == 0:
                ask("s0", f"ordinary {number}", html)
            if number == events // 5:
                early_mb = memory_mb(os.getpid())
        us = (time.perf_counter() - start_s) / events * 1e6
        results.put((early_mb, memory_mb(os.getpid()), us))


def fed(events: int) -> dict[str, float]:
    results: multiprocessing.Queue[tuple[float, float, float]] = multiprocessing.Queue()
    process = multiprocessing.Process(target=feed, args=(events, results))
    process.start()
    early_mb, late_mb, us = results.get(timeout=TIMEOUT_S)
    process.join()
    return {"events": events, "early_mb": early_mb, "late_mb": late_mb, "us_per_event": us}


def row(found: Mapping[str, float]) -> dict[str, str]:
    return {
        "late p50": f"{found['late_p50_ms']:.2f} ms",
        "p99": f"{found['late_p99_ms']:.2f} ms",
        "max": f"{found['late_max_ms']:.1f} ms",
        "lost": f"{found['lost']:.0f}",
        "doubled": f"{found['doubled']:.0f}",
        "together": f"{found['together']:.0f}",
        "browser CPU, alone": f"{found['alone_cpu']:.0%}",
        "tapped": f"{found['tapped_cpu']:.0%}",
        "ratio": f"{found['tapped_cpu'] / found['alone_cpu']:.2f}",
        "ssetape CPU": f"{found['ssetape_cpu']:.0%}",
        "memory": f"{found['memory_mb']:.0f} MB",
    }


def main() -> None:
    options = argparse.ArgumentParser(description="Streams seen from inside a browser.")
    options.add_argument("--quick", action="store_true", help="5 seconds, once")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        stop("tap.py: no chromium here: apt install chromium")
    run_s, rounds = (5.0, 1) if arguments.quick else (30.0, 3)
    begun, done = multiprocessing.Event(), multiprocessing.Event()
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(
        target=run_server, args=(ports, begun, done, run_s), daemon=True
    )
    server.start()
    url = f"http://127.0.0.1:{ports.get(timeout=TIMEOUT_S)}/"
    rows = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            profile, folder = Path(name) / "profile", Path(name) / "captures"
            folder.mkdir()
            alone = measured([chromium, *CHROMIUM, f"--user-data-dir={profile}", url], begun, done)
            words = ["tap", "--headless", "--throw-away", "-o", str(folder), url]
            tapped = measured([sys.executable, "-m", "ssetape", *words], begun, done)
            found = {
                **captured(folder, run_s),
                "alone_cpu": alone["root"] + alone["below"],
                "tapped_cpu": tapped["below"],
                "ssetape_cpu": tapped["root"],
                "memory_mb": tapped["memory_mb"],
            }
        if arguments.json:
            json_line(found)
        rows.append(row(found))
    server.terminate()
    found = fed(50_000 if arguments.quick else 1_000_000)
    if arguments.json:
        json_line(found)
        return
    print(table(rows))
    print(
        f"\nfed {found['events']:,}: {found['us_per_event']:.1f} us each, "
        f"{found['early_mb']:.1f} MB after a fifth, {found['late_mb']:.1f} MB at the end"
    )


if __name__ == "__main__":
    main()
