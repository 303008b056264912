"""Does the replay server keep time, compared with a bare C program?

    python bench/replay.py [--quick | --large | --drift] [--workers N] [--json]

Method. One capture: events of 100 bytes, each with its number, at a mean gap of 20 ms with seeded
jitter. Two servers stream it: `python -m ssetape replay`, and paced.c, the minimum that can do it
(epoll, one heap, one timerfd). Both keep running, and the same client, reader.c, asks them in turn
with the same pattern: N connections are opened, then N requests spread over a second. The client
checks every chunk's bytes and boundaries and notes its arrival; the error of an event is
(arrival - request sent) - recorded time, so it includes the request's way in, the chunk's way out,
and the client's own reading. A negative error would be an early event.

Figures are medians over the rounds of each round's p50 and p99; the ratio is the median over the
rounds of ssetape's divided by that of the C program in the same round. Memory is the server's
VmRSS: at idle before the first round, with N streams running, and just before the first of them
ends. CPU is what the server process used in a round, divided by its events: streams x events/s x
CPU must stay well below one second a second, or a queue forms and the errors measure that.

--drift: one stream of 60 s; the drift is the median error of its last quarter minus that of its
first, over the 45 s between the middles of the two, extrapolated to 60 s. --large: 5,000 streams
with a mean gap of 200 ms. --workers N: also `ssetape replay --workers N`, in turn with the others.
What several processes use is added up; of memory that they share, each has its share (Pss).
"""

import argparse
import array
import contextlib
import json
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from report import json_line, percentile, stop, table

SOURCES = Path(__file__).resolve().parent
EVENT_BYTES = 100
RAMP_MS = 1000
START_TIMEOUT_S = 20
OVERLOAD_MS = 1.0
JITTER = 0.5  # gaps are uniform in 0.5 to 1.5 times their mean


class Load(NamedTuple):
    """The load on a server in one round."""

    stream_count: int
    duration_s: float
    mean_gap_ms: float = 20


class Event(NamedTuple):
    at_us: int
    data: bytes


def schedule(load: Load) -> list[Event]:
    generator = random.Random(load.mean_gap_ms)
    events: list[Event] = []
    at_us = 0
    while True:
        at_us += round(load.mean_gap_ms * 1000 * generator.uniform(1 - JITTER, 1 + JITTER))
        if at_us > load.duration_s * 1e6:
            return events
        text = f"data: {len(events):06d} ".ljust(EVENT_BYTES - 2, ".") + "\n\n"
        events.append(Event(at_us, text.encode()))


def write_schedule(events: list[Event], path: Path) -> None:
    """Write the schedule for paced.c and reader.c."""
    with path.open("wb") as file:
        file.write(struct.pack("=I", len(events)))
        for event in events:
            file.write(struct.pack("=qI", event.at_us * 1000, len(event.data)) + event.data)


def write_capture(events: list[Event], path: Path) -> None:
    """Write the same schedule as a capture."""
    header = {
        "ssetape": 1,
        "id": "bench",
        "kind": "http",
        "started": "2026-01-01T00:00:00.000000Z",
        "clock": "monotonic",
        "recorder": "bench",
        "request": {
            "method": "GET",
            "url": "http://bench.test/stream",
            "http_version": "HTTP/1.1",
            "headers": [],
            "body": None,
        },
    }
    head = {
        "status": 200,
        "reason": "OK",
        "http_version": "HTTP/1.1",
        "headers": [["content-type", "text/event-stream"], ["transfer-encoding", "chunked"]],
    }
    records: list[list[object]] = [[0.0, "head", head]]
    records += [[event.at_us / 1e6, "<", event.data.decode()] for event in events]
    records.append([events[-1].at_us / 1e6, "end", {"reason": "complete"}])
    with path.open("w", encoding="utf-8") as file:
        for line in (header, *records):
            file.write(json.dumps(line) + "\n")


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def pids(self) -> list[int]:
        """Its process, and those of its workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def memory_kb(self) -> int:
        pids = self.pids()
        name, kind = ("smaps_rollup", "Pss") if len(pids) > 1 else ("status", "VmRSS")
        total_kb = 0
        for pid in pids:
            found = re.search(rf"{kind}:\s+(\d+) kB", Path(f"/proc/{pid}/{name}").read_text())
            if found is None:
                raise SystemExit("replay.py: a server has ended")
            total_kb += int(found[1])
        return total_kb

    def cpu_s(self) -> float:
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:13]))  # proc(5): utime, stime
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def server(command: list[str], log: Path) -> Iterator[Server]:
    """A server that prints its URL on stderr."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, stdout=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline_s:
                last_words = (log.read_text().strip().splitlines() or ["it printed nothing"])[-1]
                stop(f"replay.py: {' '.join(command)} does not start: {last_words}")
            time.sleep(0.02)
        yield Server(process, int(found[1]))
    finally:
        process.terminate()
        process.wait()


class Round(NamedTuple):
    """One round with one server: the errors of all events in ms, and what the server used."""

    errors_ms: list[float]
    """Stream by stream, each in the order of its events."""
    idle_kb: int
    start_kb: int
    end_kb: int
    cpu_s: float

    def percentile_ms(self, percent: float) -> float:
        return percentile(sorted(self.errors_ms), percent)


def run_round(reader: Path, target: Server, schedule_path: Path, load: Load) -> Round:
    idle_kb = target.memory_kb()
    cpu_before_s = target.cpu_s()
    ramp_ms = min(RAMP_MS, round(load.duration_s * 500))
    command = [str(reader), str(target.port), str(schedule_path)]
    command += [str(load.stream_count), str(ramp_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stderr is not None
        line = client.stderr.readline()
        start_kb = end_kb = 0
        if line == b"started\n":
            time.sleep(ramp_ms / 1000 + 0.1)
            start_kb = target.memory_kb()
            time.sleep(load.duration_s - ramp_ms / 1000 - 0.3)
            end_kb = target.memory_kb()
        errors_ns = array.array("q", client.stdout.read())
        problem = (line + client.stderr.read()).decode().replace("started\n", "").strip()
    if client.returncode:
        raise SystemExit(f"replay.py: {load.stream_count} streams: {problem}")
    errors_ms = [error_ns / 1e6 for error_ns in errors_ns]
    return Round(errors_ms, idle_kb, start_kb, end_kb, target.cpu_s() - cpu_before_s)


def measure(folder: Path, load: Load, round_count: int, workers: int = 1) -> dict[str, list[Round]]:
    events = schedule(load)
    schedule_path, capture_path = folder / "bench.schedule", folder / "bench.ssetape"
    write_schedule(events, schedule_path)
    write_capture(events, capture_path)
    ours = [sys.executable, "-m", "ssetape", "replay", str(capture_path), "--port", "0"]
    commands = {"C": [str(folder / "paced"), str(schedule_path)], "ssetape": ours}
    if workers > 1:
        commands[f"ssetape, {workers} workers"] = [*ours, "--workers", str(workers)]
    rounds: dict[str, list[Round]] = {name: [] for name in commands}
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(server(command, folder / f"{name}.log"))
            for name, command in commands.items()
        }
        for round_number in range(round_count):
            # The second in one round is the first in the next.
            for name, target in list(servers.items())[:: -1 if round_number % 2 else 1]:
                rounds[name].append(run_round(folder / "reader", target, schedule_path, load))
    return rounds


def compile_programs(folder: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        stop("replay.py: found no C compiler (cc)")
    for name in ("paced", "reader"):
        source = SOURCES / f"{name}.c"
        done = subprocess.run(
            [compiler, "-O2", "-o", str(folder / name), str(source)], capture_output=True, text=True
        )
        if done.returncode:
            stop(f"replay.py: cc cannot compile {source}: {done.stderr.splitlines()[0]}")


def allow_connections(count: int) -> None:
    """Raise the limit of open files, also for the programs that this one starts."""
    wanted = count + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    elif soft < wanted:
        stop(f"replay.py: {wanted} open files are needed, the hard limit is {hard} (ulimit -Hn)")


def drift_ms(one_round: Round) -> float:
    """How far the error moves over a whole single stream."""
    errors_ms = one_round.errors_ms
    quarter = len(errors_ms) // 4
    return (median(errors_ms[-quarter:]) - median(errors_ms[:quarter])) / 0.75


def ratio(rounds: dict[str, list[Round]], percent: float, name: str = "ssetape") -> float:
    return median(
        ours.percentile_ms(percent) / bare.percentile_ms(percent)
        for ours, bare in zip(rounds[name], rounds["C"], strict=True)
    )


class Result(NamedTuple):
    """The figures of one server under one load."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    early_count: int
    event_count: int
    kb_per_stream: float
    start_mb: float
    """Memory in the first round, and `end_mb` in the last: a leak shows here."""
    end_mb: float
    drift_ms: float
    cpu_us_per_event: float


def result(load: Load, rounds: list[Round]) -> Result:
    first, last = rounds[0], rounds[-1]
    return Result(
        p50_ms=median(one.percentile_ms(50) for one in rounds),
        p99_ms=median(one.percentile_ms(99) for one in rounds),
        max_ms=max(max(one.errors_ms) for one in rounds),
        early_count=sum(error < 0 for one in rounds for error in one.errors_ms),
        event_count=sum(len(one.errors_ms) for one in rounds),
        kb_per_stream=(first.start_kb - first.idle_kb) / load.stream_count,
        start_mb=first.start_kb / 1000,
        end_mb=last.end_kb / 1000,
        drift_ms=median(drift_ms(one) for one in rounds),
        cpu_us_per_event=median(one.cpu_s / len(one.errors_ms) * 1e6 for one in rounds),
    )


def row(load: Load, name: str, figures: Result, rounds: dict[str, list[Round]]) -> dict[str, str]:
    compared = name != "C"
    return {
        "streams": f"{load.stream_count:,} x {1000 / load.mean_gap_ms:g}/s, {load.duration_s:g} s",
        "server": name,
        "p50 ms": f"{figures.p50_ms:.3f}",
        "ratio": f"{ratio(rounds, 50, name):.2f}" if compared else "",
        "p99 ms": f"{figures.p99_ms:.3f}",
        "ratio ": f"{ratio(rounds, 99, name):.2f}" if compared else "",
        "max ms": f"{figures.max_ms:.1f}",
        "early": f"{figures.early_count} of {figures.event_count:,}",
        "drift ms": f"{figures.drift_ms:+.3f}" if load.stream_count == 1 else "",
        "CPU us an event": f"{figures.cpu_us_per_event:.0f}" if load.stream_count > 1 else "",
        "KB a stream": f"{figures.kb_per_stream:.1f}" if load.stream_count > 1 else "",
        "MB, first start..last end": f"{figures.start_mb:.1f}..{figures.end_mb:.1f}",
    }


def main() -> None:
    options = argparse.ArgumentParser(description="Timing of the replay server against bare C.")
    which = options.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="1 and 100 streams, under 20 seconds")
    which.add_argument("--large", action="store_true", help="5,000 streams of 5 events/s")
    which.add_argument("--drift", action="store_true", help="one stream of 60 s")
    options.add_argument("--workers", type=int, default=1, help="also with so many workers")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    loads, round_count = [Load(1, 4), Load(100, 4), Load(1000, 4)], 4
    if arguments.quick:
        loads, round_count = [Load(1, 1.2), Load(100, 1.2)], 2
    elif arguments.large:
        loads, round_count = [Load(5000, 6, mean_gap_ms=200)], 3
    elif arguments.drift:
        loads, round_count = [Load(1, 60)], 1
    if sys.platform != "linux":
        stop("replay.py: the C programs need Linux (epoll, timerfd), and memory comes from /proc")

    allow_connections(max(load.stream_count for load in loads))
    rows = []
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name:
        folder = Path(name)
        compile_programs(folder)
        for load in loads:
            rounds = measure(folder, load, round_count, arguments.workers)
            results = {server: result(load, rounds[server]) for server in rounds}
            if arguments.json:
                json_line(
                    {
                        **load._asdict(),
                        **{server: figures._asdict() for server, figures in results.items()},
                        "p50_ratio": ratio(rounds, 50),
                        "p99_ratio": ratio(rounds, 99),
                        "p99_ratios": {name: ratio(rounds, 99, name) for name in rounds},
                    }
                )
            rows += [row(load, server, figures, rounds) for server, figures in results.items()]
            if results["C"].p50_ms > OVERLOAD_MS:
                print(
                    f"replay.py: at {load.stream_count} streams the C program itself is late by "
                    f"{results['C'].p50_ms:.1f} ms: this machine is too busy for the load, so the "
                    f"ratios mean little",
                    file=sys.stderr,
                )
    if not arguments.json:
        print(table(rows))


if __name__ == "__main__":
    main()
