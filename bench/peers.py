"""Does a replay keep the recorded times, compared with other tools that replay streams?

    python bench/peers.py [--quick] [--only NAME] [--rounds N] [--json]

Method. One recorded answer of an OpenAI-compatible chat: the head after 300 ms, then words, each
an event, at a mean gap of 100 ms with seeded jitter, `[DONE]` with the last. Every server replays
it to the same client: N connections, N requests spread over a second. The client notes the time of
each read, and finds the words afterwards, so that a server may chunk the text as it likes: the
error of a word is (when the text up to it had arrived - request sent) - recorded time. Negative is
early.

The servers: `ssetape replay`, over plain HTTP/1.1, and with `--tls` over HTTP/1.1 and HTTP/2;
`ssetape replay --proxy`, asked for an absolute URL, and through tunnels (CONNECT) with TLS, over
the same two; the ASGI application in uvicorn; `ssetape replay --on-miss pass`, which is mitmproxy
with the exact server behind it; mitmproxy's own server replay of the same exchange; and aimock,
which first records it from `ssetape replay` (npm install @copilotkit/aimock, found in
$SSETAPE_NODE_MODULES; otherwise left out). All of them keep running, and take turns in each round.
Connections and handshakes are made in the second before their request is sent, and only what comes
after that counts. Bytes says whether a client of one stream got every byte of the body as recorded.
p50 and p99 are medians over the rounds; the ratio is the median over the rounds of the proxy's p99
divided by that of `ssetape replay` in the same protocol and round.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from h2.config import H2Configuration
from h2.connection import H2Connection
from report import json_line, percentile, stop, table

from replay import allow_connections

HEAD_S = 0.3
# After a connection is made and before the request is sent on it.
CONNECTED_S = 1.0
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


class Way(Enum):
    """How a client asks a server."""

    PLAIN = "plain"
    PROXY = "proxy"  # an absolute URL
    TLS = "TLS"
    TUNNEL = "tunnel"  # TLS after CONNECT
    TLS_2 = "TLS, HTTP/2"
    TUNNEL_2 = "tunnel, HTTP/2"

    @property
    def is_http_2(self) -> bool:
        return self in (Way.TLS_2, Way.TUNNEL_2)


HOST = "bench.test"


def request_bytes(way: Way) -> bytes:
    """The request, as the client sends it."""
    path = "/v1/chat/completions"
    if not way.is_http_2:
        target = f"http://{HOST}{path}" if way is Way.PROXY else path
        return (
            f"POST {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(ASK)}\r\n\r\n{ASK}"
        ).encode()
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    fields = [(":method", "POST"), (":path", path), (":scheme", "https"), (":authority", HOST)]
    client.send_headers(1, [*fields, ("content-type", "application/json")])
    client.send_data(1, ASK.encode(), end_stream=True)
    return client.data_to_send()


def client_context(way: Way) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2" if way.is_http_2 else "http/1.1"])
    return context


async def connected(
    port: int, way: Way, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the request can be sent."""
    is_direct = way in (Way.TLS, Way.TLS_2)
    tls: dict[str, Any] = {"ssl": context, "server_hostname": HOST} if is_direct else {}
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20, **tls)
    if way in (Way.TUNNEL, Way.TUNNEL_2):
        assert context is not None
        writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(context, server_hostname=HOST)
    return reader, writer


async def read_one(
    port: int, delay_s: float, way: Way = Way.PLAIN, context: ssl.SSLContext | None = None
) -> tuple[float, list[tuple[float, bytes]], bytes]:
    """When the request was sent, and when each piece arrived, without the head."""
    await asyncio.sleep(delay_s)
    reader, writer = await connected(port, way, context or client_context(way))
    request = request_bytes(way)
    await asyncio.sleep(CONNECTED_S)
    sent_s = time.perf_counter()
    writer.write(request)
    came = []
    while data := await reader.read(1 << 16):
        came.append((time.perf_counter(), data))
        if way.is_http_2 and b"[DONE]" in data:
            break
    writer.close()
    return sent_s, came, b"".join(data for _, data in came)


def body_of(wire: bytes) -> bytes:
    """The body of a response as it was on the wire."""
    if not wire.startswith(b"HTTP/"):
        return b"".join(payload for kind, payload in frames_of(wire) if kind == 0)
    head, _, rest = wire.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def frames_of(wire: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of HTTP/2, whole ones: their types and payloads."""
    while len(wire) >= 9:
        end = 9 + int.from_bytes(wire[:3])
        yield wire[3], wire[9:end]
        wire = wire[end:]


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

    def percentile_ms(self, percent: float) -> float:
        return percentile(sorted(map(abs, self.errors_ms)), percent)


async def run_round(target: Server, way: Way, count: int, found: list[Word]) -> Round:
    gc.collect()
    gc.disable()  # the client's own collections would count as late words
    idle_kb, before_s = target.rss_kb(), target.cpu_s()
    context = client_context(way)
    each = (read_one(target.port, number / count, way, context) for number in range(count))
    reading = asyncio.gather(*each)
    await asyncio.sleep(1.0 + CONNECTED_S + found[-1].at_s / 2)
    grown_kb = target.rss_kb() - idle_kb
    results = await reading
    errors = [e for sent_s, came, _ in results for e in errors_ms(sent_s, came, found)]
    return Round(errors, target.cpu_s() - before_s, grown_kb / count)


class Peer(NamedTuple):
    """A program that replays, and the ways in which it is asked, each with a name of its own."""

    command: list[str]
    names: dict[Way, str]
    environment: dict[str, str] = {}  # noqa: RUF012  nobody changes it


# What each way through the proxy is compared with.
EXACT = {
    Way.PLAIN: "ssetape replay",
    Way.TLS: "ssetape replay, TLS",
    Way.TLS_2: "ssetape replay, HTTP/2",
}
PROXY = {
    Way.PROXY: "ssetape proxy",
    Way.TUNNEL: "ssetape proxy, TLS",
    Way.TUNNEL_2: "ssetape proxy, HTTP/2",
}
COMPARED = dict(zip(PROXY.values(), EXACT.values(), strict=True))


def peers(folder: Path) -> list[Peer]:
    python, capture = sys.executable, str(folder / "bench.ssetape")
    mitmdump = str(Path(python).with_name("mitmdump"))
    replay = [python, "-m", "ssetape", "replay", "--port", "0", capture]
    confdir = ["--confdir", str(folder / "ca")]
    asgi = ["uvicorn", "--factory", "ssetape.replay.asgi:create_app", "--host", "127.0.0.1"]
    passing = ["--on-miss", "pass", "--origin", "http://bench.test", *confdir]
    plain, *secured = EXACT.items()
    found = [
        Peer(replay, dict([plain])),
        Peer([*replay, "--tls", *confdir], dict(secured)),
        Peer([*replay, "--proxy", *confdir], PROXY),
        Peer(
            [python, "-m", *asgi, "--port", "0", "--no-access-log"],
            {Way.PLAIN: "ASGI, uvicorn"},
            {"SSETAPE_CAPTURES": capture},
        ),
        Peer([*replay, *passing], {Way.PLAIN: "through mitmproxy"}),
        Peer(
            [
                *(mitmdump, "-S", str(folder / "flows"), "--mode", "reverse:http://bench.test"),
                *("--listen-host", "127.0.0.1", "--listen-port", "0", "--set", "flow_detail=0"),
                *("--set", "server_replay_reuse=true", "--set", "connection_strategy=lazy"),
                *("--set", f"confdir={folder / 'ca'}", "--set", "server_replay_refresh=false"),
            ],
            {Way.PLAIN: "mitmproxy -S"},
        ),
    ]
    aimock = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere")) / ".bin" / "llmock"
    if aimock.exists() and shutil.which("node"):
        fixtures = ["-f", str(folder / "fixtures"), "--journal-max", "10"]
        found.append(Peer([str(aimock), "--port", "4897", *fixtures], {Way.PLAIN: "aimock"}))
        record(aimock, folder, replay)
    else:
        print("peers.py: aimock is left out: not in $SSETAPE_NODE_MODULES", file=sys.stderr)
    return found


def record(aimock: Path, folder: Path, exact: list[str]) -> None:
    """Have aimock record the answer from the exact server."""
    (folder / "fixtures").mkdir()
    with server(exact, folder / "origin.log", {}) as origin:
        words_ = [str(aimock), "--port", "4896", "--record", "-f", str(folder / "fixtures")]
        words_ += ["--provider-openai", f"http://127.0.0.1:{origin.port}"]
        with server(words_, folder / "record.log", {}):
            asyncio.run(read_one(4896, 0.0))
            time.sleep(1.0)


class Asked(NamedTuple):
    """A running server, asked in one way."""

    target: Server
    way: Way
    same: bool  # whether it sends every byte as recorded


def start(found: list[Word], folder: Path, only: str, up: contextlib.ExitStack) -> dict[str, Asked]:
    """Start all servers whose names contain `only`, and ask each once, to warm it up."""
    body = b"".join(word.data for word in found) + b"data: [DONE]\n\n"
    asked = {}
    for number, peer in enumerate(peers(folder)):
        names = {way: name for way, name in peer.names.items() if only in name}
        if not names:
            continue
        log = folder / f"{number}.log"
        target = up.enter_context(server(peer.command, log, peer.environment))
        for way, name in names.items():
            _, _, wire = asyncio.run(read_one(target.port, 0.0, way))
            asked[name] = Asked(target, way, body_of(wire) == body)
    return asked


def figures_of(name: str, count: int, same: bool, done: list[Round]) -> dict[str, Any]:
    errors = sorted(error for each in done for error in each.errors_ms)
    if not errors:
        stop(f"peers.py: {name} said nothing of the text")
    return {
        "server": name,
        "streams": count,
        "bytes": "same" if same else "other",
        "p50_ms": median(each.percentile_ms(50) for each in done),
        "p99_ms": median(each.percentile_ms(99) for each in done),
        "ratio": None,
        "early": sum(error < 0 for error in errors),
        "earliest_ms": min(0.0, errors[0]),
        "words": len(errors),
        "cpu_us_per_word": sum(e.cpu_s for e in done) / len(errors) * 1e6,
        "kb_per_stream": median(each.kb_per_stream for each in done),
    }


def row(figures: dict[str, Any]) -> dict[str, str]:
    is_one = figures["streams"] == 1
    ratio = figures["ratio"]
    return {
        "server": figures["server"],
        "streams": f"{figures['streams']:,}",
        "bytes": figures["bytes"],
        "p50 |error| ms": f"{figures['p50_ms']:.2f}",
        "p99 |error| ms": f"{figures['p99_ms']:.2f}",
        "ratio": "" if ratio is None else f"{ratio:.2f}",
        "early": f"{figures['early']:,} of {figures['words']:,}",
        "earliest ms": f"{figures['earliest_ms']:.0f}",
        "CPU us a word": "" if is_one else f"{figures['cpu_us_per_word']:.0f}",
        "KB a stream": "" if is_one else f"{figures['kb_per_stream']:.0f}",
    }


def main() -> None:
    options = argparse.ArgumentParser(description="Timing of replays, against other tools.")
    options.add_argument("--quick", action="store_true", help="1 and 20 streams, a short answer")
    options.add_argument("--only", default="", help="only servers whose names contain this")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("peers.py: CPU and memory come from /proc")
    counts, duration_s = ([1, 20], 2.0) if arguments.quick else ([1, 100, 1000], 5.0)
    rounds = 1 if arguments.quick else arguments.rounds
    allow_connections(max(counts))
    found = words(duration_s)
    rows = []
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name, contextlib.ExitStack() as up:
        folder = Path(name)
        write_capture(found, folder / "bench.ssetape")
        write_flows(found, folder / "flows")
        asked = start(found, folder, arguments.only, up)
        for count in counts:
            done: dict[str, list[Round]] = {name: [] for name in asked}
            for number in range(rounds):
                # The last in one round is the first in the next.
                for label, each in list(asked.items())[:: -1 if number % 2 else 1]:
                    done[label].append(asyncio.run(run_round(each.target, each.way, count, found)))
            figures = {
                label: figures_of(label, count, each.same, done[label])
                for label, each in asked.items()
            }
            for label, exact in COMPARED.items():
                if label in figures and exact in figures:
                    figures[label]["ratio"] = median(
                        ours.percentile_ms(99) / bare.percentile_ms(99)
                        for ours, bare in zip(done[label], done[exact], strict=True)
                    )
            for one in figures.values():
                if arguments.json:
                    json_line(one)
                rows.append(row(one))
    if not arguments.json:
        print(table(rows))


if __name__ == "__main__":
    main()
