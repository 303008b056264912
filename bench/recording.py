"""What does recording cost mitmproxy?

    python bench/recording.py [--quick] [--json]

Method. Three mitmdumps run side by side in reverse mode, each with a temporary confdir, and take
turns: one only passes event streams through (`flow.response.stream = True` on text/event-stream,
the minimum that lets a stream pass); one also writes each chunk to a file, with one os.write and
nothing else, the minimum that loses nothing when killed; the third runs `addon/record.py`. Origin
and proxies run in separate processes; the client is this one. Three routes: HTTP/1.1, HTTP/1.1
over TLS and HTTP/2 over TLS, on both sides of the proxy.

Throughput: the origin sends a pre-built buffer of 100 B events, one HTTP chunk or DATA frame
each, as fast as the proxy takes it; the client reads raw bytes from its socket until the end.
A figure is the events divided by the time from request to end; the ratio is the median over the
rounds of recording divided by pass-through in the same round: below 1, recording is slower. "bare
write" is the same ratio for the second proxy, which no recorder of this kind can exceed.
After the rounds every capture is compared with what the client received: the same chunks, byte
for byte.

Latency: the origin sends 200 events/s, each carrying its send time from the machine's monotonic
clock; the client takes the time when a read that brings an event returns. In turn: direct,
pass-through, recording, pass-through again. Compare the difference "recording - pass-through" with
"pass-through - pass-through", which is noise alone.
"""

import argparse
import base64
import contextlib
import json
import multiprocessing
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from statistics import median
from typing import NamedTuple, NoReturn

from report import json_line, percentile, stop, table

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import RequestReceived
except ImportError as error:
    stop(f"recording.py: mitmproxy is not installed ({error}); try: uv run --group bench ...")

RECORD_ADDON = Path(__file__).resolve().parent.parent / "addon" / "record.py"
PASS_THROUGH_ADDON = """\
def responseheaders(flow):
    flow.response.stream = flow.response.headers["content-type"] == "text/event-stream"
"""
BARE_WRITE_ADDON = """\
import os

fd = os.open({path!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def write_and_pass(data):
    os.write(fd, data)
    return data


def responseheaders(flow):
    flow.response.stream = write_and_pass
"""

EVENT_BYTES = 100
PACED_EVENTS_PER_S = 200
READ_BYTES = 1 << 18
TIMEOUT_S = 60

H1_REQUEST = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
H1_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
H1_END = b"0\r\n\r\n"

# The widest possible windows on both sides: nothing ever waits for a WINDOW_UPDATE, and DATA
# frames can be built in advance and read without an HTTP/2 library.
H2_WINDOW_BYTES = 2**31 - 1
H2_STREAM_ID = 1
H2_FRAME_HEAD_BYTES = 9
H2_DATA, H2_END_STREAM = 0, 1


class Route(NamedTuple):
    """The protocols on both sides of the proxy."""

    name: str
    tls: bool
    h2: bool


ROUTES = (
    Route("HTTP/1.1", tls=False, h2=False),
    Route("HTTP/1.1, TLS", tls=True, h2=False),
    Route("HTTP/2, TLS", tls=True, h2=True),
)


def event(number: int) -> bytes:
    """An event of 100 bytes that begins with a number: its own, or its send time in ns."""
    return f"data: {number:020d} ".encode().ljust(EVENT_BYTES - 2, b".") + b"\n\n"


EVENT_NUMBER = re.compile(rb"data: (\d{20}) \.+\n\n")


def framed(chunk: bytes, route: Route) -> bytes:
    """The data as one HTTP/1.1 chunk, or as one DATA frame."""
    if route.h2:
        return h2_data_frame(chunk, flags=0)
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


def end_of_body(route: Route) -> bytes:
    return h2_data_frame(b"", flags=H2_END_STREAM) if route.h2 else H1_END


def h2_data_frame(payload: bytes, flags: int) -> bytes:
    head = len(payload).to_bytes(3) + bytes([H2_DATA, flags]) + H2_STREAM_ID.to_bytes(4)
    return head + payload


def h2_connection(client: bool) -> H2Connection:
    connection = H2Connection(H2Configuration(client_side=client))
    connection.local_settings.initial_window_size = H2_WINDOW_BYTES
    connection.local_settings.acknowledge()  # otherwise h2 announces the old settings
    connection.initiate_connection()
    connection.increment_flow_control_window(
        H2_WINDOW_BYTES - connection.inbound_flow_control_window
    )
    return connection


# --- origin -----------------------------------------------------------------------------------


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "origin.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def serve_origin(listener: socket.socket, route: Route, certificate: Path) -> NoReturn:
    """Answer `GET /flood/N` (N events at once) and `GET /paced/N`, one connection per request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"] if route.h2 else ["http/1.1"])

    def serve(connection: socket.socket) -> None:
        # The proxy may open connections that it does not use.
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.tls:
                connection = context.wrap_socket(connection, server_side=True)
            answer(connection, route)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


@lru_cache
def flood(count: int, route: Route) -> bytes:
    return b"".join(framed(event(number), route) for number in range(count)) + end_of_body(route)


def answer(connection: socket.socket, route: Route) -> None:
    kind, count = (h2_request if route.h2 else h1_request)(connection)
    if kind == "flood":
        connection.sendall(flood(count, route))
    else:
        start_s = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, start_s + number / PACED_EVENTS_PER_S - time.monotonic()))
            connection.sendall(framed(event(time.monotonic_ns()), route))
        connection.sendall(end_of_body(route))
    # Until the other side closes, so that a reset does not discard what was sent.
    while connection.recv(READ_BYTES):
        pass


def h1_request(connection: socket.socket) -> tuple[str, int]:
    """Read a request and send the response's head; return the kind and length of the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = connection.recv(READ_BYTES)
        if not data:
            raise ConnectionError("no request")
        head += data
    connection.sendall(H1_HEAD)
    return parse_target(head.split()[1].decode())


def h2_request(connection: socket.socket) -> tuple[str, int]:
    h2 = h2_connection(client=False)
    connection.sendall(h2.data_to_send())
    while True:
        data = connection.recv(READ_BYTES)
        if not data:
            raise ConnectionError("no request")
        requests = [event for event in h2.receive_data(data) if isinstance(event, RequestReceived)]
        if requests:
            break
        connection.sendall(h2.data_to_send())
    h2.send_headers(H2_STREAM_ID, [(":status", "200"), ("content-type", "text/event-stream")])
    connection.sendall(h2.data_to_send())
    headers = {bytes(name): bytes(value) for name, value in requests[0].headers}
    return parse_target(headers[b":path"].decode())


def parse_target(target: str) -> tuple[str, int]:
    kind, count = target.strip("/").split("/")
    return kind, int(count)


# --- client -----------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What the client received for one request."""

    elapsed_s: float
    chunks: list[bytes]
    latency_ms: list[float]
    """For each event, from the time it carries until the read that brought its end returned."""


def fetch(port: int, route: Route, target: str) -> Answer:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: connection.close())
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if route.tls:
            connection = tls_client_context(route).wrap_socket(connection)
        request = (
            h2_client_request(connection, target) if route.h2 else H1_REQUEST % target.encode()
        )

        # Only reads and two time stamps until the end has arrived.
        end = end_of_body(route)
        wire = bytearray()
        read_ends: list[int] = []
        read_times_ns: list[int] = []
        start_s = time.perf_counter()
        connection.sendall(request)
        while not wire.endswith(end):
            data = connection.recv(READ_BYTES)
            read_times_ns.append(time.monotonic_ns())
            if not data:
                raise ConnectionError(f"{target} was cut after {len(wire)} bytes")
            wire += data
            read_ends.append(len(wire))
        elapsed_s = time.perf_counter() - start_s

    latency_ms = [
        (read_times_ns[bisect_left(read_ends, found.end())] - int(found[1])) / 1e6
        for found in EVENT_NUMBER.finditer(wire)
    ]
    return Answer(elapsed_s, (h2_chunks if route.h2 else h1_chunks)(bytes(wire)), latency_ms)


def tls_client_context(route: Route) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"] if route.h2 else ["http/1.1"])
    return context


def h2_client_request(connection: socket.socket, target: str) -> bytes:
    """Perform the HTTP/2 handshake; return the bytes of the request."""
    h2 = h2_connection(client=True)
    connection.sendall(h2.data_to_send())
    while not h2.receive_data(connection.recv(READ_BYTES)):
        pass
    connection.sendall(h2.data_to_send())
    h2.send_headers(
        H2_STREAM_ID,
        [
            (":method", "GET"),
            (":path", target),
            (":scheme", "https"),
            (":authority", "127.0.0.1"),
            ("accept", "text/event-stream"),
        ],
        end_stream=True,
    )
    return h2.data_to_send()


def h1_chunks(wire: bytes) -> list[bytes]:
    chunks: list[bytes] = []
    position = wire.index(b"\r\n\r\n") + 4
    while True:
        line_end = wire.index(b"\r\n", position)
        size = int(wire[position:line_end], 16)
        if size == 0:
            return chunks
        chunks.append(wire[line_end + 2 : line_end + 2 + size])
        position = line_end + 2 + size + 2


def h2_chunks(wire: bytes) -> list[bytes]:
    chunks = []
    position = 0
    while position < len(wire):
        size = int.from_bytes(wire[position : position + 3])
        payload_start = position + H2_FRAME_HEAD_BYTES
        if wire[position + 3] == H2_DATA and size:
            chunks.append(wire[payload_start : payload_start + size])
        position = payload_start + size
    return chunks


# --- proxies ----------------------------------------------------------------------------------


@contextlib.contextmanager
def origin(route: Route, folder: Path) -> Iterator[int]:
    """Run an origin in its own process; yield its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = multiprocessing.get_context("spawn").Process(
            target=serve_origin, args=(listener, route, self_signed(folder)), daemon=True
        )
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


class Mitmdump(NamedTuple):
    process: subprocess.Popen[bytes]
    log: Path

    def port(self) -> int:
        """The port, as soon as it listens."""
        deadline_s = time.monotonic() + TIMEOUT_S
        listening = re.compile(r"listening at 127\.0\.0\.1:(\d+)")
        while not (found := listening.search(self.log.read_text())):
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                stop(f"recording.py: mitmdump does not start: {self.last_words()}")
            time.sleep(0.02)
        return int(found[1])

    def last_words(self) -> str:
        return (self.log.read_text().strip().splitlines() or ["(it printed nothing)"])[-1]


@contextlib.contextmanager
def mitmdump(
    addon: Path, origin_port: int, route: Route, folder: Path, *options: str
) -> Iterator[Mitmdump]:
    """Run mitmdump in front of the origin, with its own confdir."""
    program = shutil.which(
        "mitmdump", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    if program is None:
        stop("recording.py: mitmdump is not installed; try: uv run --group bench ...")
    folder.mkdir()
    settings = [f"confdir={folder}", "ssl_insecure=true", "flow_detail=0", *options]
    scheme = "https" if route.tls else "http"
    command = [program, "-s", str(addon), "--listen-host", "127.0.0.1", "--listen-port", "0"]
    command += ["--mode", f"reverse:{scheme}://127.0.0.1:{origin_port}"]
    for setting in settings:
        command += ["--set", setting]
    log = folder / "mitmdump.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield Mitmdump(process, log)
        finally:
            process.terminate()
            process.wait()


# --- measurement ------------------------------------------------------------------------------


class Throughput(NamedTuple):
    """Events/s of each proxy, and the ratios to pass-through, round by round."""

    pass_through_per_s: list[float]
    bare_write_per_s: list[float]
    recording_per_s: list[float]

    @property
    def ratios(self) -> list[float]:
        return self._to_pass_through(self.recording_per_s)

    @property
    def bare_write_ratios(self) -> list[float]:
        return self._to_pass_through(self.bare_write_per_s)

    def _to_pass_through(self, per_s: list[float]) -> list[float]:
        both = zip(per_s, self.pass_through_per_s, strict=True)
        return [other / pass_through for other, pass_through in both]


class Latency(NamedTuple):
    """Milliseconds from send to receive: for each way, one sorted list per round."""

    direct: list[list[float]]
    pass_through: list[list[float]]
    recording: list[list[float]]
    pass_through_again: list[list[float]]

    def added_ms(self, percent: float) -> list[float]:
        """Recording minus pass-through, which ran before and after it."""
        return [
            percentile(recording, percent)
            - (percentile(before, percent) + percentile(after, percent)) / 2
            for before, recording, after in zip(
                self.pass_through, self.recording, self.pass_through_again, strict=True
            )
        ]

    def noise_ms(self, percent: float) -> list[float]:
        """Pass-through minus pass-through."""
        return [
            percentile(after, percent) - percentile(before, percent)
            for before, after in zip(self.pass_through, self.pass_through_again, strict=True)
        ]


class Ports(NamedTuple):
    origin: int
    pass_through: int
    bare_write: int
    recording: int


def measure_throughput(
    ports: Ports, route: Route, event_count: int, rounds: int
) -> tuple[Throughput, list[list[bytes]]]:
    """Also returns the chunks of each recorded answer, in order."""
    target = f"/flood/{event_count}"
    ways = {
        "pass-through": ports.pass_through,
        "bare write": ports.bare_write,
        "recording": ports.recording,
    }
    per_s: dict[str, list[float]] = {name: [] for name in ways}
    recorded = []
    # Only bytes are compared: mitmproxy splits an HTTP/1.1 chunk if its reads end within it.
    expected = b"".join(event(number) for number in range(event_count))
    for round_number in range(-1, rounds):  # the first is a warm-up
        # The last in one round is the first in the next.
        for name in list(ways)[:: 1 if round_number % 2 else -1]:
            answer = fetch(ways[name], route, target)
            if b"".join(answer.chunks) != expected:
                raise SystemExit(f"recording.py: {name} changed the stream")
            if name == "recording":
                recorded.append(answer.chunks)
            if round_number >= 0:
                per_s[name].append(event_count / answer.elapsed_s)
    return Throughput(*per_s.values()), recorded


def measure_latency(
    ports: Ports, route: Route, event_count: int, rounds: int
) -> tuple[Latency, list[list[bytes]]]:
    """Also returns the chunks of each recorded answer, in order."""
    target = f"/paced/{event_count}"
    in_turn = (ports.origin, ports.pass_through, ports.recording, ports.pass_through)
    latency = Latency([], [], [], [])
    recorded = []
    for _ in range(rounds):
        for way, port in zip(latency, in_turn, strict=True):
            answer = fetch(port, route, target)
            way.append(sorted(answer.latency_ms))
            if port == ports.recording:
                recorded.append(answer.chunks)
    return latency, recorded


def check_captures(tape_dir: Path, received: Sequence[Sequence[bytes]]) -> str:
    """Compare every capture with what the client received; return a summary.

    Exits if a byte or a boundary differs.
    """
    deadline_s = time.monotonic() + 5
    while True:
        captures = []
        for path in tape_dir.rglob("*.ssetape"):
            header, *records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            captures.append((header["started"], records))
        # The last record may be written a moment after the client has the last byte.
        if len(captures) >= len(received) and all(
            records[-1][1] == "end" for _, records in captures
        ):
            break
        if time.monotonic() > deadline_s:
            raise SystemExit(
                f"recording.py: expected {len(received)} complete captures, found "
                f"{len(captures)}, not all of them complete"
            )
        time.sleep(0.05)
    chunk_count = byte_count = 0
    for (started, records), expected in zip(sorted(captures), received, strict=True):
        chunks = [
            data.encode() if code == "<" else base64.b64decode(data)
            for _, code, data in records
            if code in ("<", "<b")
        ]
        if chunks != list(expected):
            raise SystemExit(
                f"recording.py: the capture started {started} has {len(chunks)} chunks, "
                f"{sum(map(len, chunks))} bytes; the client received {len(expected)} chunks, "
                f"{sum(map(len, expected))} bytes"
            )
        chunk_count += len(chunks)
        byte_count += sum(map(len, chunks))
    return (
        f"{len(captures)} captures hold what the client received: "
        f"{chunk_count:,} chunks, {byte_count:,} bytes"
    )


class Effort(NamedTuple):
    """How much is measured on each route."""

    flood_events: int
    flood_rounds: int
    paced_events: int
    paced_rounds: int


class Cost(NamedTuple):
    """What was measured on one route."""

    route: Route
    throughput: Throughput
    latency: Latency
    captures: str


def measure(route: Route, effort: Effort) -> Cost:
    # Encryption and HTTP/2 make mitmproxy slower: about the same time for each route.
    flood_events = effort.flood_events // (1 + route.tls + route.h2)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ssetape-bench-")))
        tape_dir = folder / "tape"
        pass_through_addon = folder / "pass_through.py"
        pass_through_addon.write_text(PASS_THROUGH_ADDON)
        origin_port = stack.enter_context(origin(route, folder))
        bare_write_addon = folder / "bare_write.py"
        bare_write_addon.write_text(BARE_WRITE_ADDON.format(path=str(folder / "bare")))
        # Start all of them before waiting for one.
        pass_through = stack.enter_context(
            mitmdump(pass_through_addon, origin_port, route, folder / "pass-through")
        )
        bare_write = stack.enter_context(
            mitmdump(bare_write_addon, origin_port, route, folder / "bare-write")
        )
        recording = stack.enter_context(
            mitmdump(RECORD_ADDON, origin_port, route, folder / "recording", f"tape_dir={tape_dir}")
        )
        ports = Ports(origin_port, pass_through.port(), bare_write.port(), recording.port())
        try:
            throughput, flood = measure_throughput(ports, route, flood_events, effort.flood_rounds)
            latency, paced = measure_latency(ports, route, effort.paced_events, effort.paced_rounds)
        except OSError as error:
            proxies = (pass_through, bare_write, recording)
            last_words = "; ".join(proxy.last_words() for proxy in proxies)
            raise SystemExit(f"recording.py: {route.name}: {error}; {last_words}") from None
        return Cost(route, throughput, latency, check_captures(tape_dir, [*flood, *paced]))


def throughput_row(cost: Cost) -> dict[str, str]:
    figures = cost.throughput
    return {
        f"throughput, {EVENT_BYTES} B events": cost.route.name,
        "pass-through/s": f"{median(figures.pass_through_per_s):,.0f}",
        "recording/s": f"{median(figures.recording_per_s):,.0f}",
        "ratio": f"{median(figures.ratios):.2f}",
        "lowest..highest": f"{min(figures.ratios):.2f}..{max(figures.ratios):.2f}",
        "bare write": f"{median(figures.bare_write_ratios):.2f}",
    }


def latency_row(cost: Cost, percent: float) -> dict[str, str]:
    figures = cost.latency
    row = {f"latency in ms, {PACED_EVENTS_PER_S} events/s": f"{cost.route.name}, p{percent:g}"}
    for name, rounds in (
        ("direct", figures.direct),
        ("pass-through", figures.pass_through),
        ("recording", figures.recording),
    ):
        row[name] = f"{median(percentile(one, percent) for one in rounds):.3f}"
    for name, differences_ms in (
        ("recording - pass-through", figures.added_ms(percent)),
        ("pass-through - pass-through", figures.noise_ms(percent)),
    ):
        spread = f"{min(differences_ms):+.3f}..{max(differences_ms):+.3f}"
        row[name] = f"{median(differences_ms):+.3f} ({spread})"
    return row


def json_record(cost: Cost) -> dict[str, object]:
    latency = {
        f"p{percent}": {
            **{
                way: [percentile(one, percent) for one in rounds]
                for way, rounds in cost.latency._asdict().items()
            },
            "recording_less_pass_through": cost.latency.added_ms(percent),
            "pass_through_less_pass_through": cost.latency.noise_ms(percent),
        }
        for percent in (50, 99)
    }
    return {
        "route": cost.route.name,
        "ratio": median(cost.throughput.ratios),
        "bare_write_ratio": median(cost.throughput.bare_write_ratios),
        "events_per_s": cost.throughput._asdict(),
        "latency_ms": latency,
        "captures": cost.captures,
    }


def main() -> None:
    options = argparse.ArgumentParser(description="What recording costs mitmproxy.")
    options.add_argument(
        "--quick", action="store_true", help="fewer rounds, without HTTP/1.1 over TLS"
    )
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if not RECORD_ADDON.exists():
        stop(f"recording.py: there is no {RECORD_ADDON}")
    effort = Effort(flood_events=24_000, flood_rounds=9, paced_events=150, paced_rounds=5)
    routes: Sequence[Route] = ROUTES
    if arguments.quick:
        effort = Effort(flood_events=2_000, flood_rounds=3, paced_events=40, paced_rounds=2)
        routes = ROUTES[::2]

    costs = []
    for route in routes:
        costs.append(measure(route, effort))
        if arguments.json:
            json_line(json_record(costs[-1]))
    if not arguments.json:
        print(table([throughput_row(cost) for cost in costs]), end="\n\n")
        print(table([latency_row(cost, percent) for cost in costs for percent in (50, 99)]))
        print()
        for cost in costs:
            print(f"{cost.route.name}: {cost.captures}")


if __name__ == "__main__":
    main()
