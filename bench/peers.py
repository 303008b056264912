"""Does a replay keep the recorded times, compared with other tools that replay streams?

    python bench/peers.py [--quick] [--json]

Method. One recorded answer of an OpenAI-compatible chat: the head after 300 ms, then words, each
an event, at a mean gap of 100 ms with seeded jitter, `[DONE]` with the last. Every server replays
it to the same client: N connections, N requests spread over a second. The client notes the time of
each read, and finds the words afterwards, so that a server may chunk the text as it likes: the
error of a word is (when the text up to it had arrived - request sent) - recorded time. Negative is
early.

The servers: `ssetape replay`; its ASGI application in uvicorn; `ssetape replay --on-miss pass`,
which is mitmproxy with the exact server behind it; mitmproxy's own server replay of the same
exchange; and aimock, which first records it from `ssetape replay` (npm install
@copilotkit/aimock, found in $SSETAPE_NODE_MODULES; otherwise left out). All of them keep running,
and take turns. Bytes says whether a client of one stream got every byte of the body as recorded.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from report import json_line, percentile, stop, table

from replay import allow_connections

HEAD_S = 0.3
MEAN_GAP_S = 0.1
ASK = json.dumps({"model": "m", "messages": [{"role": "user", "content": "go"}], "stream": True})
START_TIMEOUT_S = 40


class Word(NamedTuple):
    at_s: float
    text: str
    data: bytes


def words(duration_s: float) -> list[Word]:
    generator = random.Random(1)
    found: list[Word] = []
    at_s = HEAD_S
    while at_s < duration_s:
        at_s += MEAN_GAP_S * generator.uniform(0.5, 1.5)
        text = f"w{len(found):04d} "
        part = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        data = json.dumps({**part, "choices": [choice]})
        found.append(Word(round(at_s, 6), text, f"data: {data}\n\n".encode()))
    return found


def write_capture(found: list[Word], path: Path) -> None:
    url = "http://bench.test/v1/chat/completions"
    request = {"method": "POST", "url": url, "http_version": "HTTP/1.1", "headers": []}
    header = {"ssetape": 1, "id": "bench", "kind": "http", "started": "2026-01-01T00:00:00.000000Z"}
    head = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1"}
    headers = [["content-type", "text/event-stream"]]
    records: list[Any] = [{**header, "request": {**request, "body": {"text": ASK}}}]
    records.append([HEAD_S, "head", {**head, "headers": headers}])
    records += [[word.at_s, "<", word.data.decode()] for word in found]
    records.append([found[-1].at_s, "<", "data: [DONE]\n\n"])
    records.append([found[-1].at_s, "end", {"reason": "complete"}])
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def write_flows(found: list[Word], path: Path) -> None:
    """The same exchange, for mitmproxy's server replay."""
    from mitmproxy import io
    from mitmproxy.http import Headers, Response
    from mitmproxy.test import tflow

    flow = tflow.tflow(resp=True)
    flow.request.method, flow.request.path = "POST", "/v1/chat/completions"
    flow.request.scheme, flow.request.host, flow.request.port = "http", "bench.test", 80
    flow.request.content = ASK.encode()
    body = b"".join(word.data for word in found) + b"data: [DONE]\n\n"
    flow.response = Response.make(200, body, Headers(content_type="text/event-stream"))
    with path.open("wb") as file:
        io.FlowWriter(file).add(flow)


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def rss_kb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def server(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[Server]:
    """A server that prints its address, on stdout or stderr."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **environment}, cwd=log.parent
        )
    try:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        pattern = r"(?:127\.0\.0\.1|localhost|\*):(\d+)"
        while not (found := re.search(pattern, log.read_text(errors="replace"))):
            if process.poll() is not None or time.monotonic() > deadline_s:
                last = (log.read_text().strip().splitlines() or ["it printed nothing"])[-1]
                stop(f"peers.py: {' '.join(command)} does not start: {last}")
            time.sleep(0.05)
        time.sleep(0.5)
        yield Server(process, int(found[1]))
    finally:
        process.terminate()
        process.wait()


async def read_one(port: int, delay_s: float) -> tuple[float, list[tuple[float, bytes]], bytes]:
    """When the request was sent, and when each piece arrived, without the head."""
    await asyncio.sleep(delay_s)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(ASK)}\r\n\r\n{ASK}"
    )
    sent_s = time.perf_counter()
    writer.write(head.encode())
    came = []
    while data := await reader.read(1 << 16):
        came.append((time.perf_counter(), data))
    writer.close()
    return sent_s, came, b"".join(data for _, data in came)


def body_of(wire: bytes) -> bytes:
    """The body of a response as it was on the wire."""
    head, _, rest = wire.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def errors_ms(sent_s: float, came: list[tuple[float, bytes]], found: list[Word]) -> list[float]:
    """The errors by word; a word that never arrived whole has none."""
    errors: list[float] = []
    wire = b""
    wanted = ""
    arrivals = []
    for at_s, data in came:
        wire += data
        arrivals.append((at_s, len(wire)))
    position = 0
    text_at: list[tuple[int, int]] = []  # the length of the text, up to which byte
    length = 0
    for match in re.finditer(rb'"content": ?"((?:[^"\\]|\\.)*)"', wire):
        length += len(match[1].decode())
        text_at.append((length, match.end()))
    index = arrival = 0
    for word in found:
        wanted += word.text
        while index < len(text_at) and text_at[index][0] < len(wanted):
            index += 1
        if index == len(text_at):
            break
        position = text_at[index][1]
        while arrivals[arrival][1] < position:
            arrival += 1
        errors.append((arrivals[arrival][0] - sent_s - word.at_s) * 1000)
    return errors


class Round(NamedTuple):
    errors_ms: list[float]
    cpu_s: float
    kb_per_stream: float


async def run_round(target: Server, count: int, found: list[Word]) -> Round:
    idle_kb, before_s = target.rss_kb(), target.cpu_s()
    reading = asyncio.gather(*(read_one(target.port, number / count) for number in range(count)))
    await asyncio.sleep(1.0 + found[-1].at_s / 2)
    grown_kb = target.rss_kb() - idle_kb
    results = await reading
    errors = [e for sent_s, came, _ in results for e in errors_ms(sent_s, came, found)]
    return Round(errors, target.cpu_s() - before_s, grown_kb / count)


def commands(folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    python, capture = sys.executable, str(folder / "bench.ssetape")
    mitmdump = str(Path(python).with_name("mitmdump"))
    passing = [
        "--on-miss",
        "pass",
        "--origin",
        "http://bench.test",
        "--confdir",
        str(folder / "ca"),
    ]
    asgi = ["uvicorn", "--factory", "ssetape.replay.asgi:create_app", "--host", "127.0.0.1"]
    listed: dict[str, tuple[list[str], dict[str, str]]] = {
        "ssetape replay": ([python, "-m", "ssetape", "replay", "--port", "0", capture], {}),
        "ASGI, uvicorn": (
            [python, "-m", *asgi, "--port", "0", "--no-access-log"],
            {"SSETAPE_CAPTURES": capture},
        ),
        "through mitmproxy": (
            [python, "-m", "ssetape", "replay", *passing, "--port", "0", capture],
            {},
        ),
        "mitmproxy -S": (
            [
                *(mitmdump, "-S", str(folder / "flows"), "--mode", "reverse:http://bench.test"),
                *("--listen-host", "127.0.0.1", "--listen-port", "0", "--set", "flow_detail=0"),
                *("--set", "server_replay_reuse=true", "--set", "connection_strategy=lazy"),
                *("--set", f"confdir={folder / 'ca'}", "--set", "server_replay_refresh=false"),
            ],
            {},
        ),
    }
    aimock = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere")) / ".bin" / "llmock"
    if aimock.exists() and shutil.which("node"):
        fixtures = ["-f", str(folder / "fixtures"), "--journal-max", "10"]
        listed["aimock"] = ([str(aimock), "--port", "4897", *fixtures], {})
        record(aimock, folder, listed["ssetape replay"][0])
    else:
        print("peers.py: aimock is left out: not in $SSETAPE_NODE_MODULES", file=sys.stderr)
    return listed


def record(aimock: Path, folder: Path, exact: list[str]) -> None:
    """Have aimock record the answer from the exact server."""
    (folder / "fixtures").mkdir()
    with server(exact, folder / "origin.log", {}) as origin:
        words_ = [str(aimock), "--port", "4896", "--record", "-f", str(folder / "fixtures")]
        words_ += ["--provider-openai", f"http://127.0.0.1:{origin.port}"]
        with server(words_, folder / "record.log", {}):
            asyncio.run(read_one(4896, 0.0))
            time.sleep(1.0)


def main() -> None:
    options = argparse.ArgumentParser(description="Timing of replays, against other tools.")
    options.add_argument("--quick", action="store_true", help="1 and 20 streams, a short answer")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("peers.py: CPU and memory come from /proc")
    counts, duration_s, rounds = ([1, 20], 2.0, 1) if arguments.quick else ([1, 100, 1000], 5.0, 2)
    allow_connections(max(counts))
    found = words(duration_s)
    rows = []
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name, contextlib.ExitStack() as up:
        folder = Path(name)
        write_capture(found, folder / "bench.ssetape")
        write_flows(found, folder / "flows")
        servers = {
            label: up.enter_context(server(command, folder / f"{number}.log", environment))
            for number, (label, (command, environment)) in enumerate(commands(folder).items())
        }
        body = b"".join(word.data for word in found) + b"data: [DONE]\n\n"
        for label, target in servers.items():  # the first of each is a warm-up
            _, _, wire = asyncio.run(read_one(target.port, 0.0))
            same = body_of(wire) == body
            for count in counts:
                done = [asyncio.run(run_round(target, count, found)) for _ in range(rounds)]
                errors = sorted(error for each in done for error in each.errors_ms)
                if not errors:
                    stop(f"peers.py: {label} said nothing of the text: {wire[:300]!r}")
                sizes = sorted(abs(error) for error in errors)
                figures = {
                    "server": label,
                    "streams": count,
                    "bytes": "same" if same else "other",
                    "p50_ms": percentile(sizes, 50),
                    "p99_ms": percentile(sizes, 99),
                    "early": sum(error < 0 for error in errors),
                    "earliest_ms": min(0.0, errors[0]),
                    "words": len(errors),
                    "cpu_us_per_word": sum(e.cpu_s for e in done) / len(errors) * 1e6,
                    "kb_per_stream": median(each.kb_per_stream for each in done),
                }
                if arguments.json:
                    json_line(figures)
                rows.append(
                    {
                        "server": label,
                        "streams": f"{count:,}",
                        "bytes": str(figures["bytes"]),
                        "p50 |error| ms": f"{figures['p50_ms']:.2f}",
                        "p99 |error| ms": f"{figures['p99_ms']:.2f}",
                        "early": f"{figures['early']:,} of {len(errors):,}",
                        "earliest ms": f"{figures['earliest_ms']:.0f}",
                        "CPU us a word": f"{figures['cpu_us_per_word']:.0f}" if count > 1 else "",
                        "KB a stream": f"{figures['kb_per_stream']:.0f}" if count > 1 else "",
                    }
                )
    if not arguments.json:
        rows.sort(key=lambda row: int(row["streams"].replace(",", "")))
        print(table(rows))


if __name__ == "__main__":
    main()
