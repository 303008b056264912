"""How late do mock servers for load tests send each token, and what does it cost them?

    python bench/mocks.py [--quick] [--only NAME] [--rounds N] [--json]

Method. Every server is told the same: an answer of 40 tokens by Chat Completions, the first after
300 ms and one each 50 ms from there. The same client, tokens.c, asks each in turn: N connections
are opened, then N requests spread over a second. It finds the tokens in whatever framing comes; the
error of a token is (arrival - request sent) - its time, so it includes the request's way in and the
client's own reading.

The servers: `ssetape replay` of a capture that `ssetape make` made, with one process and with
`--workers 2`; a mock of twenty lines (asyncio.sleep) in uvicorn, also with two workers; GuideLLM's
(`pip install guidellm`, its program in $SSETAPE_GUIDELLM); and aimock (npm install
@copilotkit/aimock, found in $SSETAPE_NODE_MODULES). What is not there is left out. p50 and p99 are
medians over the rounds; CPU is that of all processes of a server, by the tokens; memory is theirs
as the first tokens come (Pss). A server that fails an answer has "failed" in place of figures. With
5,000 streams, 100,000 tokens/s come due: what a server cannot send in time waits, and the errors
say for how long.
"""

import argparse
import array
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import peers
from report import json_line, percentile, stop, table

from replay import SOURCES, Server, allow_connections

TOKENS = 40
FIRST_MS = 300
GAP_MS = 50
RAMP_MS = 1000
MOCK = """
import asyncio, json

HEAD = {"type": "http.response.start", "status": 200,
        "headers": [(b"content-type", b"text/event-stream")]}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await receive()
    await send(HEAD)
    await asyncio.sleep(%(first_s)r)
    for number in range(%(tokens)d):
        if number:
            await asyncio.sleep(%(gap_s)r)
        choice = {"index": 0, "delta": {"content": f"w{number} "}, "finish_reason": None}
        chunk = {"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
        body = f"data: {json.dumps(chunk)}\\n\\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"data: [DONE]\\n\\n"})
"""


def fixture() -> dict[str, object]:
    """What aimock is told; it cuts a text into pieces of equal length."""
    text = "".join(f"w{number:02d} " for number in range(TOKENS))
    # Its time to the first token is that of the role, which comes before.
    profile = {"ttft": FIRST_MS - GAP_MS, "tps": 1000 / GAP_MS}
    answer = {"match": {"userMessage": "go"}, "response": {"content": text}}
    return {"fixtures": [{**answer, "chunkSize": 4, "streamingProfile": profile}]}


class Round(NamedTuple):
    """One round with one server; None where an answer failed."""

    errors_ms: list[float] | None
    cpu_s: float
    memory_kb: int


def commands(folder: Path) -> dict[str, list[str]]:
    """Each server's command; makes what they serve."""
    python, capture = sys.executable, folder / "made.ssetape"
    made = ["--tokens", str(TOKENS), "--ttft", str(FIRST_MS / 1e3), "--gap", str(GAP_MS / 1e3)]
    subprocess.run([python, "-m", "ssetape", "make", "-o", capture, *made], check=True)
    numbers = {"first_s": FIRST_MS / 1e3, "gap_s": GAP_MS / 1e3, "tokens": TOKENS}
    (folder / "mock.py").write_text(MOCK % numbers)
    replay = [python, "-m", "ssetape", "replay", "--port", "0", "--match", "path", str(capture)]
    uvicorn = [python, "-m", "uvicorn", "mock:app", "--no-access-log", "--port"]
    found = {
        "ssetape": replay,
        "ssetape, 2 workers": [*replay, "--workers", "2"],
        "uvicorn": [*uvicorn, "4894"],
        "uvicorn, 2 workers": [*uvicorn, "4895", "--workers", "2"],
    }
    guidellm = os.environ.get("SSETAPE_GUIDELLM", "")
    if shutil.which(guidellm):
        said = ["--ttft-ms", str(FIRST_MS), "--itl-ms", str(GAP_MS), "--output-tokens", str(TOKENS)]
        for workers in (1, 2):
            words = [guidellm, "mock-server", "--model", "m", "--host", "127.0.0.1", *said]
            words += ["--port", str(4897 + workers), "--workers", str(workers)]
            found["GuideLLM" + (f", {workers} workers" if workers > 1 else "")] = words
    aimock = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere")) / ".bin" / "llmock"
    if aimock.exists() and shutil.which("node"):
        (folder / "fixtures").mkdir()
        (folder / "fixtures" / "go.json").write_text(json.dumps(fixture()))
        fixtures = ["-f", str(folder / "fixtures"), "--journal-max", "10"]
        found["aimock"] = [str(aimock), "--port", "4897", *fixtures]
    return found


def run_round(client: Path, target: Server, count: int) -> Round:
    before_s = target.cpu_s()
    words = [str(client), str(target.port), peers.ASK, str(count), str(RAMP_MS)]
    words += [str(TOKENS), str(FIRST_MS), str(GAP_MS)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        memory_kb = 0
        if process.stderr.readline() == b"started\n":
            time.sleep(RAMP_MS / 1e3 + FIRST_MS / 1e3)
            memory_kb = target.memory_kb()
        errors_ns = array.array("q", process.stdout.read())
    cpu_s = target.cpu_s() - before_s
    time.sleep(1)  # what the answers end with
    return Round(
        None if process.returncode else sorted(error_ns / 1e6 for error_ns in errors_ns),
        cpu_s,
        memory_kb,
    )


def figures_of(name: str, count: int, rounds: list[Round]) -> dict[str, object]:
    done = [each.errors_ms for each in rounds if each.errors_ms is not None]
    if len(done) < len(rounds):
        return {"server": name, "streams": count, "failed": len(rounds) - len(done)}
    tokens = count * TOKENS
    return {
        "server": name,
        "streams": count,
        "first_ms": round(median(errors[0] for errors in done), 2),
        "p50_ms": round(median(percentile(errors, 50) for errors in done), 2),
        "p99_ms": round(median(percentile(errors, 99) for errors in done), 2),
        "cpu_us_a_token": round(median(each.cpu_s for each in rounds) / tokens * 1e6, 1),
        "memory_mb": round(median(each.memory_kb for each in rounds) / 1024),
    }


def row(figures: dict[str, object]) -> dict[str, str]:
    names = {
        "first_ms": "earliest, ms",
        "p50_ms": "p50",
        "p99_ms": "p99",
        "cpu_us_a_token": "CPU, us/token",
        "memory_mb": "MB",
    }
    missing = "failed" if "failed" in figures else ""
    shown = {title: str(figures.get(name, missing)) for name, title in names.items()}
    return {"server": str(figures["server"]), "streams": f"{figures['streams']:,}", **shown}


def main() -> None:
    options = argparse.ArgumentParser(description="Mock servers for load tests, side by side.")
    options.add_argument("--quick", action="store_true", help="100 streams, once")
    options.add_argument("--only", default="", metavar="NAME", help="servers with this name")
    options.add_argument("--rounds", type=int, default=3, metavar="N")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("mocks.py: the client needs Linux (epoll, timerfd)")
    compiler = shutil.which("cc")
    if compiler is None:
        stop("mocks.py: found no C compiler (cc)")
    counts, rounds = ((100,), 1) if arguments.quick else ((1_000, 5_000), arguments.rounds)
    allow_connections(max(counts))
    lines: list[dict[str, object]] = []
    with contextlib.ExitStack() as up:
        folder = Path(up.enter_context(tempfile.TemporaryDirectory(prefix="ssetape-bench-")))
        client = folder / "tokens"
        subprocess.run([compiler, "-O2", "-o", client, SOURCES / "tokens.c"], check=True)
        servers = {}
        for name, words in commands(folder).items():
            if arguments.only in name:
                log = folder / f"{name}.log"
                started = up.enter_context(peers.server(words, log, {"NODE_ENV": "production"}))
                servers[name] = Server(started.process, started.port)
        for count in counts:
            done: dict[str, list[Round]] = {name: [] for name in servers}
            for number in range(rounds):
                # The last in one round is the first in the next.
                for name in list(servers)[:: -1 if number % 2 else 1]:
                    done[name].append(run_round(client, servers[name], count))
            lines += [figures_of(name, count, each) for name, each in done.items()]
    if arguments.json:
        for figures in lines:
            json_line(figures)
    else:
        print(table([row(figures) for figures in lines]))


if __name__ == "__main__":
    main()
