"""How much more does a test cost with the pytest plugin's server than with its own?

    python bench/plugin.py [--quick] [--json]

Method. One test, which reads a stream of 100 events with httpx, in one run of pytest with three
fixtures that take turns: the plugin's, which replays a capture instantly; a bare ASGI application
behind uvicorn, in a thread, started for each test like the plugin's server; and the same, started
once for all tests. The figure is the time that pytest reports for set-up, call and teardown
together. The first turns do not count, as they include imports.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from report import json_line, percentile, stop, table

EVENTS = 100
WARM_UP = 5
# How much more the plugin may cost, in ms.
LIMIT_MS = 20.0

CONFTEST = """
import json, os, threading, time
from collections import defaultdict
import pytest, uvicorn

BODY = [b'data: {"delta": "word"}\\n\\n'] * EVENTS

async def app(scope, receive, send):
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for data in BODY:
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})

def serve():
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.001)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()

@pytest.fixture
def bare_server():
    yield from serve()

@pytest.fixture(scope="session")
def bare_server_once():
    yield from serve()

took_s = defaultdict(float)

def pytest_runtest_logreport(report):
    took_s[report.nodeid] += report.duration

def pytest_sessionfinish():
    with open(os.environ["SSETAPE_BENCH"], "w") as file:
        json.dump(took_s, file)
"""
TESTS = """
import httpx, pytest

def read(url):
    with httpx.stream("GET", url + "/stream", trust_env=False) as response:
        assert sum(data.count(b"\\n\\n") for data in response.iter_raw()) == EVENTS

FIXTURES = ["ssetape_server", "bare_server", "bare_server_once"]

@pytest.mark.ssetape("stream")
@pytest.mark.parametrize("fixture", FIXTURES)  # the upper one changes with every test
@pytest.mark.parametrize("turn", range(TURNS))
def test_stream(request, turn, fixture):
    server = request.getfixturevalue(fixture)
    read(getattr(server, "url", server))
"""


def capture() -> str:
    request = {"method": "GET", "url": "http://origin.test/stream", "headers": []}
    header = {"ssetape": 1, "kind": "http", "started": "2026-01-01T00:00:00.000000Z"}
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]]}
    lines: list[object] = [{**header, "request": request}, [0.0, "head", head]]
    lines += [[n / 10, "<", 'data: {"delta": "word"}\n\n'] for n in range(EVENTS)]
    lines.append([EVENTS / 10, "end", {"reason": "complete"}])
    return "".join(json.dumps(line) + "\n" for line in lines)


def measure(turns: int) -> dict[str, list[float]]:
    """How long the tests with each fixture took, in ms."""
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "stream.ssetape").write_text(capture())
        (folder / "conftest.py").write_text(CONFTEST.replace("EVENTS", str(EVENTS)))
        text = TESTS.replace("EVENTS", str(EVENTS)).replace("TURNS", str(turns + WARM_UP))
        (folder / "test_bench.py").write_text(text)
        plugins = ("anyio", "asyncio", "randomly", "xdist", "cacheprovider")
        words = [word for plugin in plugins for word in ("-p", f"no:{plugin}")]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *words, name],
            env={**os.environ, "SSETAPE_BENCH": str(folder / "took")},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            stop(f"plugin.py: the tests failed:\n{done.stdout}")
        took_s = json.loads((folder / "took").read_text())
    found: dict[str, list[float]] = {}
    for node, seconds in took_s.items():
        turn, fixture = node.partition("[")[2].rstrip("]").split("-", 1)
        if int(turn) >= WARM_UP:
            found.setdefault(fixture, []).append(seconds * 1000)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description="The pytest plugin: its cost per test.")
    options.add_argument("--quick", action="store_true", help="10 turns")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    took_ms = measure(10 if arguments.quick else 200)
    own = took_ms["ssetape_server"]
    figures = [
        {
            "fixture": fixture,
            "tests": len(values),
            "p50_ms": median(values),
            "p99_ms": percentile(sorted(values), 99),
            "plugin_more_ms": median(a - b for a, b in zip(own, values, strict=True)),
        }
        for fixture, values in took_ms.items()
    ]
    if arguments.json:
        for figure in figures:
            json_line(figure)
    else:
        print(
            table(
                [
                    {
                        "fixture": str(figure["fixture"]),
                        "tests": str(figure["tests"]),
                        "p50 ms": f"{figure['p50_ms']:.1f}",
                        "p99 ms": f"{figure['p99_ms']:.1f}",
                        "the plugin takes more, ms": f"{figure['plugin_more_ms']:+.1f}",
                    }
                    for figure in figures
                ]
            )
        )
    if any(float(str(figure["plugin_more_ms"])) > LIMIT_MS for figure in figures):
        stop(f"plugin.py: more than {LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
