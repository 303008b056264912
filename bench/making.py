"""Are made captures made fast, and do their replays keep the rhythm that was asked for?

    python bench/making.py [--quick] [--json]

Method. Speed: `ssetape make --count` of answers of about 100 tokens, each with its own text and
rhythm, Python's start included; against the minimum, a program that dumps as many events with
orjson and writes as many files of that size. The ratio is that of the processes' CPU times in turns
(A B A B, ...); the seconds are the wall clock's.

Rhythm: captures are made whose first tokens and gaps come from a distribution; `python -m ssetape
replay` serves them, and a client in this process, with one selector for 40 streams at a time, notes
when each event with text arrives. The Kolmogorov-Smirnov statistic D is the greatest distance
between the distribution function of what arrived and the one that was asked for; p is how often
chance alone makes a greater one (below 0.05: they differ). Errors of the clock are in it, so the
same client then asks a mock server: twenty lines of Starlette on uvicorn that draw from the same
distribution and sleep, as most projects write theirs. A gap that was drawn as 0.1 ms counts like
any other. For `from CAPTURE`, the one asked for is that of the recorded gaps.
"""

import argparse
import math
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, NamedTuple

from report import json_line, percentile, stop, table

STREAMS_AT_ONCE = 40
START_TIMEOUT_S = 30
TOKENS = 50
HALF_A_TICK_S = 0.5e-6  # captures have six decimals
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": true}'

MINIMUM = """
import orjson, pathlib, sys
folder, count, events = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
folder.mkdir()
for number in range(count):
    lines = []
    for event in range(events):
        delta = {"index": 0, "delta": {"content": f" word{event}"}, "finish_reason": None}
        chunk = {"id": "chatcmpl-bbe7aecc711d4ad1942807c9c17b76a7", "created": 1767225600,
                 "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [delta]}
        data = b"data: %b\\n\\n" % orjson.dumps(chunk)
        lines.append(orjson.dumps([event / 50, "<", data.decode()]))
    (folder / f"{number}.ssetape").write_bytes(b"\\n".join(lines))
"""

# As projects that need a mock write it: the sleeps are asyncio's.
MOCK = """
import asyncio, json, random, sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from ssetape.making.distribution import parse
ttft, gap, tokens = parse(sys.argv[1]), parse(sys.argv[2]), int(sys.argv[3])
chance = random.Random(1)
async def answer():
    await asyncio.sleep(ttft.draw(chance))
    for number in range(tokens):
        if number:
            await asyncio.sleep(gap.draw(chance))
        choice = {"index": 0, "delta": {"content": " word"}, "finish_reason": None}
        yield "data: " + json.dumps({"choices": [choice]}) + "\\n\\n"
    yield "data: [DONE]\\n\\n"
async def chat(request):
    return StreamingResponse(answer(), media_type="text/event-stream")
app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[4]), log_level="warning", access_log=False)
"""


class Asked(NamedTuple):
    """A rhythm: its specs, and the distribution functions that they stand for."""

    ttft: str
    gap: str
    ttft_below: Callable[[float], float]
    gap_below: Callable[[float], float]


def lognormal(median_s: float, sigma: float) -> Callable[[float], float]:
    normal = NormalDist(math.log(median_s), sigma)
    return lambda value: normal.cdf(math.log(value)) if value > 0 else 0.0


def uniform(low: float, high: float) -> Callable[[float], float]:
    return lambda value: min(1.0, max(0.0, (value - low) / (high - low)))


def exponential(mean: float) -> Callable[[float], float]:
    return lambda value: 1 - math.exp(-max(0.0, value) / mean)


def empirical(values: Sequence[float]) -> Callable[[float], float]:
    ordered = sorted(values)
    return lambda value: bisect_right(ordered, value) / len(ordered)


RHYTHMS = [
    Asked("lognormal(0.2,0.3)", "lognormal(0.02,0.4)", lognormal(0.2, 0.3), lognormal(0.02, 0.4)),
    Asked("normal(0.2,0.03)", "normal(0.02,0.004)", NormalDist(0.2, 0.03).cdf,
          NormalDist(0.02, 0.004).cdf),
    Asked("uniform(0.1,0.3)", "uniform(0.01,0.03)", uniform(0.1, 0.3), uniform(0.01, 0.03)),
    Asked("exponential(0.2)", "exponential(0.02)", exponential(0.2), exponential(0.02)),
]  # fmt: skip


def kolmogorov_smirnov(
    values: Sequence[float], below: Callable[[float], float]
) -> tuple[float, float]:
    """D and p of values against a distribution function, which may have steps."""
    ordered, count = sorted(values), len(values)
    distance, place = 0.0, 0
    while place < count:
        value, before = ordered[place], place
        place = bisect_right(ordered, value)
        at, just_below = below(value + HALF_A_TICK_S), below(value - HALF_A_TICK_S)
        distance = max(distance, place / count - at, just_below - before / count)
    scaled = (math.sqrt(count) + 0.12 + 0.11 / math.sqrt(count)) * distance
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return distance, min(1.0, max(0.0, 2 * sum(terms)))


# --- speed -----------------------------------------------------------------------------------


def timed(command: list[str]) -> tuple[float, float]:
    """The wall clock's and the CPU's seconds of a program."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after, ended_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ended_s - began_s, cpu_s


def make(folder: Path, count: int, *words: str) -> list[str]:
    command = [sys.executable, "-m", "ssetape", "make", "-o", str(folder), "--count", str(count)]
    return [*command, *words]


def speed(count: int, rounds: int, protocol: str) -> dict[str, Any]:
    words = ["--protocol", protocol, "--tokens", "lognormal(90,0.5)", "--tokenizer", "words"]
    words += ["--ttft", "lognormal(0.4,0.3)", "--gap", "lognormal(0.02,0.5)"]
    walls_s, ratios, cpus_s = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            wall_s, cpu_s = timed(make(Path(name) / "made", count, *words))
            minimum = [sys.executable, "-c", MINIMUM, f"{name}/least", str(count), "102"]
            walls_s.append(wall_s)
            cpus_s.append(cpu_s)
            ratios.append(cpu_s / timed(minimum)[1])
    return {
        "protocol": protocol,
        "captures": count,
        "wall_s": round(median(walls_s), 2),
        "cpu_s": round(median(cpus_s), 2),
        "ratio": round(median(ratios), 2),
    }


# --- rhythm ----------------------------------------------------------------------------------


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            deadline_s = time.monotonic() + START_TIMEOUT_S
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline_s:
                        stop(f"the server did not start: {' '.join(command)[:200]}")
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Stream:
    """One answer being read: when it was asked for, and when each of its texts came."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
        self.socket.sendall(head + BODY)
        self.asked_s = time.perf_counter()
        self.socket.setblocking(False)
        self.texts_s: list[float] = []

    def read(self, now_s: float) -> bool:
        """Read what is there; whether more may come."""
        data = self.socket.recv(65536)
        # None is read in two pieces, as no chunk is longer than a packet of the loopback.
        count = data.count(b'"content":') - data.count(b'"content":""')
        self.texts_s += [now_s] * count
        if not data:
            self.socket.close()
        return bool(data)


def read_all(port: int, count: int) -> tuple[list[float], list[float]]:
    """The times to the first token, and the gaps, of so many answers."""
    firsts_s: list[float] = []
    gaps_s: list[float] = []
    selector = selectors.DefaultSelector()
    asked = open_ = 0
    while asked < count or open_:
        # One at a time, so that none waits for the others to be asked for.
        if asked < count and open_ < STREAMS_AT_ONCE:
            stream = Stream(port)
            selector.register(stream.socket, selectors.EVENT_READ, stream)
            asked, open_ = asked + 1, open_ + 1
        is_waiting = open_ == STREAMS_AT_ONCE or asked == count
        for key, _ in selector.select(None if is_waiting else 0.005):
            stream = key.data
            if not stream.read(time.perf_counter()):
                selector.unregister(stream.socket)
                open_ -= 1
                times_s = stream.texts_s
                firsts_s.append(times_s[0] - stream.asked_s)
                gaps_s += [b - a for a, b in pairwise(times_s)]
    return firsts_s, gaps_s


def written(folder: Path) -> tuple[list[float], list[float]]:
    """The times that the captures have, without any clock."""
    from ssetape.capture import Capture
    from ssetape.making.recorded import Quantity, recorded

    captures = [Capture(path) for path in sorted(folder.iterdir())]
    return recorded(captures, Quantity.TTFT), recorded(captures, Quantity.GAP)


def figures(server: str, asked: Asked, read: tuple[list[float], list[float]]) -> dict[str, Any]:
    firsts_s, gaps_s = read
    ttft_d, ttft_p = kolmogorov_smirnov(firsts_s, asked.ttft_below)
    gap_d, gap_p = kolmogorov_smirnov(gaps_s, asked.gap_below)
    gaps_s.sort()
    return {
        "rhythm": asked.gap,
        "server": server,
        "gaps": len(gaps_s),
        "median_gap_ms": round(percentile(gaps_s, 50) * 1000, 3),
        "gap_d": round(gap_d, 4),
        "gap_p": round(gap_p, 3),
        "ttft_d": round(ttft_d, 4),
        "ttft_p": round(ttft_p, 3),
    }


def rhythm(asked: Asked, count: int) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "made"
        words = ["--tokens", str(TOKENS), "--ttft", asked.ttft, "--gap", asked.gap]
        subprocess.run(make(folder, count, *words), check=True, capture_output=True)
        yield figures("in the files", asked, written(folder))
        port = free_port()
        replay = [sys.executable, "-m", "ssetape", "replay", "--port", str(port)]
        # By its path alone a request gets the next capture, whatever it asks.
        with running([*replay, "--match", "path", str(folder)], port):
            yield figures("ssetape", asked, read_all(port, count))
    if not asked.gap.startswith("from "):
        port = free_port()
        words = [asked.ttft, asked.gap, str(TOKENS), str(port)]
        with running([sys.executable, "-c", MOCK, *words], port):
            yield figures("uvicorn", asked, read_all(port, count))


@contextmanager
def recorded() -> Iterator[Asked]:
    """A rhythm that is drawn from a capture with two humps, as batches of tokens have."""
    from ssetape.capture import Capture
    from ssetape.making.recorded import Quantity, recorded

    with tempfile.TemporaryDirectory() as name:
        for hump, gap in (("low", "normal(0.01,0.002)"), ("high", "normal(0.04,0.004)")):
            words = ["--tokens", "20", "--gap", gap, "--ttft", "uniform(0.1,0.3)"]
            command = make(Path(name), 100, *words, "--path", f"/{hump}")
            subprocess.run(command, check=True, capture_output=True)
        captures = [Capture(path) for path in sorted(Path(name).iterdir())]
        spec = f"from {name}"
        firsts_s, gaps_s = (recorded(captures, each) for each in (Quantity.TTFT, Quantity.GAP))
        yield Asked(spec, spec, empirical(firsts_s), empirical(gaps_s))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="little: does it still run?")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    count, rounds = (200, 1) if options.quick else (10_000, 3)
    protocols = ("openai-chat",) if options.quick else ("openai-chat", "anthropic", "gemini")
    speeds = [speed(count, rounds, protocol) for protocol in protocols]
    rhythms: list[dict[str, Any]] = []
    answers = 20 if options.quick else 1000
    for asked in RHYTHMS[:1] if options.quick else RHYTHMS:
        rhythms += rhythm(asked, answers)
    with recorded() as asked:
        rhythms += ({**found, "rhythm": "from CAPTURE..."} for found in rhythm(asked, answers))
    if options.json:
        for record in (*speeds, *rhythms):
            json_line(record)
        return
    for records in (speeds, rhythms):
        print(table([{name: str(value) for name, value in each.items()} for each in records]))
        print()


if __name__ == "__main__":
    main()
