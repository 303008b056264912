"""How long do other clients wait while one client floods the replay server?

    python bench/floods.py [--quick] [--json] [--python PATH] [KIND]...

Method. `python -m ssetape replay` of small captures. One client asks for an answer again and
again, each time on a new connection, and measures how long the answer takes. Then another process
sends the flood, prepared beforehand, as fast as the server takes it: as many frames, requests or
fragments as the table says, on one connection. The figure is the longest wait of the first client
from the flood's first byte until the server has taken the last one, or has closed the flooding
connection. A flood that the server does not take within 20 s is given up. With
`--python`, the server is that interpreter's ssetape.
"""

import argparse
import base64
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes
from report import json_line, table

from replay import server

GIVE_UP_S = 20.0
ASK = b"GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
FIELDS = [(":method", "GET"), (":path", "/long"), (":scheme", "http"), (":authority", "a")]
UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % base64.b64encode(b"0" * 16)
)


def capture(url: str, records: str, kind: str = "http", status: int = 200) -> str:
    header = (
        f'{{"ssetape":1,"id":"b","kind":"{kind}","started":"2026-01-01T00:00:00.000000Z",'
        f'"clock":"monotonic","recorder":"b","request":{{"method":"GET","url":"{url}",'
        '"http_version":"HTTP/1.1","headers":[],"body":null}}'
    )
    head = (
        f'[0.0,"head",{{"status":{status},"reason":"","http_version":"HTTP/1.1","headers":[%s]}}]'
    )
    head %= '["content-length","1"]' if "small" in url else ""
    return f"{header}\n{head}\n{records}\n"


def write_captures(folder: Path) -> None:
    end = '[%s,"end",{"reason":"complete"}]'
    small = capture("http://b.test/small", '[0.0,"<","x"]\n' + end % "0.0")
    long = capture("http://b.test/long", '[0.0,"<","x"]\n[900.0,"<","x"]\n' + end % "900.0")
    socket_ = capture("ws://b.test/socket", '[900.0,"<","x"]', "websocket", 101)
    for name, text in (("small", small), ("long", long), ("socket", socket_)):
        (folder / f"{name}.ssetape").write_text(text)


def frame(kind: int, flags: int, stream: int, data: bytes = b"") -> bytes:
    return len(data).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + data


def http2(streams: int = 0, *, resets: bool = False, ends: bool = True) -> bytes:
    client = H2Connection(H2Configuration(client_side=True))
    client.local_settings.update({SettingCodes.INITIAL_WINDOW_SIZE: 65_535})
    client.initiate_connection()
    data = client.data_to_send() + frame(4, 1, 0)  # the server's settings count from now on
    for number in range(streams):
        client.send_headers(1 + 2 * number, FIELDS, end_stream=ends)
        if resets:
            client.reset_stream(1 + 2 * number)
    return data + client.data_to_send()


def masked(first: int, data: bytes = b"") -> bytes:
    return bytes([first, 0x80 | len(data)]) + b"\0\0\0\0" + data


PING = frame(6, 0, 0, b"\0" * 8)
WINDOW = frame(8, 0, 0, (1).to_bytes(4, "big"))
REPEATS = 20_000
FLOODS = {
    "1,000 resets": lambda: http2(1_000, resets=True),
    "20,000 resets": lambda: http2(20_000, resets=True),
    "20,000 pings": lambda: http2() + PING * REPEATS,
    "20,000 settings": lambda: http2() + frame(4, 0, 0) * REPEATS,
    "20,000 priorities": lambda: http2() + frame(2, 0, 1, b"\0\0\0\0\x10") * REPEATS,
    "20,000 empty data": lambda: http2(1, ends=False) + frame(0, 0, 1) * REPEATS,
    "20,000 continuations": lambda: (
        http2() + frame(1, 0, 1, b"\x82") + frame(9, 0, 1, b"\x84") * REPEATS
    ),
    "20,000 window updates, 500 streams": lambda: http2(500) + WINDOW * REPEATS,
    "20,000 pipelined requests": lambda: ASK.replace(b"Connection: close\r\n", b"") * REPEATS,
    "500,000 chunks of 1 byte": lambda: (
        b"POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\nx\r\n" * 500_000
    ),
    "200,000 WebSocket pings": lambda: UPGRADE + masked(0x89) * 200_000,
    "200,000 WebSocket fragments": lambda: (
        UPGRADE + masked(0x01, b"x") + masked(0x00, b"x") * 200_000
    ),
}


QUICK = ["1,000 resets", "20,000 pings", "fragments"]


def send(port: int, kind: str) -> None:
    """Send a flood, and read until the server closes or all is sent and answered for a second."""
    data = FLOODS[kind]()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        print("ready", flush=True)
        sys.stdin.readline()
        ends_s = time.monotonic() + GIVE_UP_S
        if data.startswith(UPGRADE):
            sock.sendall(UPGRADE)
            sock.recv(65_536)
            data = data[len(UPGRADE) :]
        sock.setblocking(False)
        rest, closed = memoryview(data), ""
        quiet_s = time.monotonic()
        while time.monotonic() < min(ends_s, quiet_s + 1.0 if not rest else ends_s):
            try:
                if rest:
                    rest = rest[sock.send(rest[:65_536]) :]
                    quiet_s = time.monotonic()
            except BlockingIOError:
                pass
            except OSError:
                closed = "closed"
                break
            try:
                if not sock.recv(1 << 20):
                    closed = "closed"
                    break
                quiet_s = time.monotonic()
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                closed = "closed"
                break
    print(f"{closed or ('taken' if not rest else 'given up')}", flush=True)


def measure(python: str, kind: str) -> tuple[float, float, str, float]:
    """Return the p50 and the longest wait of the other client, ms; the flood's end; its seconds."""
    with tempfile.TemporaryDirectory() as name:
        write_captures(Path(name))
        command = [python, "-m", "ssetape", "replay", "--port", "0", name]
        with server(command, Path(name) / "log") as target:
            words = [sys.executable, __file__, "--send", str(target.port), kind]
            waits: list[float] = []
            done = threading.Event()

            def ask() -> None:
                while not done.is_set():
                    began_s = time.monotonic()
                    with socket.create_connection(("127.0.0.1", target.port)) as sock:
                        sock.sendall(ASK)
                        while sock.recv(65_536):
                            pass
                    waits.append((time.monotonic() - began_s) * 1000)
                    time.sleep(0.002)

            with subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as flood:
                assert flood.stdin is not None
                assert flood.stdout is not None
                flood.stdout.readline()
                asking = threading.Thread(target=ask)
                asking.start()
                time.sleep(0.3)
                waits.clear()
                began_s = time.monotonic()
                flood.stdin.write("go\n")
                flood.stdin.flush()
                how = flood.stdout.readline().strip()
                took_s = time.monotonic() - began_s
                done.set()
                asking.join()
    waits = sorted(waits) or [0.0]  # closed before the other client asked
    return waits[len(waits) // 2], waits[-1], how, took_s


def main() -> None:
    options = argparse.ArgumentParser(description="What others wait for during a flood.")
    options.add_argument("kinds", nargs="*", metavar="KIND", help="parts of the floods' names")
    options.add_argument("--python", default=sys.executable, help="interpreter of the server")
    options.add_argument("--quick", action="store_true", help="three of the floods")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    options.add_argument("--send", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.send:
        send(int(arguments.send), arguments.kinds[0])
        os._exit(0)
    rows = []
    kinds = arguments.kinds or (QUICK if arguments.quick else FLOODS)
    for kind in FLOODS:
        if not any(part in kind for part in kinds):
            continue
        p50_ms, max_ms, how, took_s = measure(arguments.python, kind)
        if arguments.json:
            json_line({"kind": kind, "p50_ms": p50_ms, "max_ms": max_ms, "how": how, "s": took_s})
        figures = {"p50 ms": f"{p50_ms:.1f}", "longest wait ms": f"{max_ms:.0f}"}
        rows.append({"flood": kind, **figures, "flood was": how, "after s": f"{took_s:.1f}"})
    if not arguments.json:
        print(table(rows))


if __name__ == "__main__":
    main()
