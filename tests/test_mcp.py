"""MCP clients of the official packages: recorded once, and replayed as other clients use it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ssetape.replay.pacing import Pace
from ssetape.replay.running import running

HERE = Path(__file__).parent
TIMEOUT_S = 60.0  # for what should never happen; no test waits for it
ANSWERS = {"list": "list add,shout", "add": "add sum 5", "shout": "shout HELLO"}
ORDER = "list,add,shout"
PACES = [Pace(), Pace(speed=4), Pace(instant=True)]

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(find_spec("mcp") is None, reason="mcp is not installed: pip install mcp"),
]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def python_client(folder: Path) -> list[str]:
    return [sys.executable, str(HERE / "mcp_client.py")]


def node_client(folder: Path) -> list[str]:
    modules = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere"))
    package = "@modelcontextprotocol/sdk"
    if shutil.which("node") is None or not (modules / package).is_dir():
        pytest.skip(f"no node, or no {package} in $SSETAPE_NODE_MODULES: npm install {package}")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(modules)
        shutil.copy(HERE / "mcp_client.mjs", folder)
    return ["node", str(folder / "mcp_client.mjs")]


CLIENTS = {"python": python_client, "node": node_client}


@pytest.fixture(scope="module", params=["sse", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return CLIENTS[request.param](tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def server(transport: str) -> Iterator[str]:
    words = [sys.executable, str(HERE / "mcp_server.py"), transport]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture(scope="module")
def folder(
    client: list[str], transport: str, server: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the real recorder recorded of the client."""
    folder = tmp_path_factory.mktemp("recorded")
    words = [sys.executable, "-m", "ssetape", "record", "--all", "-o", str(folder / "captures")]
    words += ["--confdir", str(folder / "mitmproxy"), "--reverse", server, "--", "sh", "-c"]
    words.append(" ".join([*client, transport, '"$SSETAPE_URL"', ORDER]))
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert spoken(done.stdout) == [ANSWERS[call] for call in ORDER.split(",")], done.stderr
    return folder / "captures"


def spoken(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if re.match(r"(list|add|shout) ", line)]


def start(client: list[str], transport: str, url: str, order: str, wait_s: float = 0) -> "Popen":
    words = [*client, transport, url, order, str(wait_s)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check(process: "Popen", order: str) -> None:
    printed, said = process.communicate(timeout=TIMEOUT_S)
    assert spoken(printed) == [ANSWERS[call] for call in order.split(",")], said
    assert process.returncode == 0, said


Popen = subprocess.Popen[str]


@pytest.mark.parametrize("pace", PACES, ids=["1x", "4x", "instant"])
@pytest.mark.parametrize(("order", "wait_s"), [(ORDER, 0), (ORDER, 3), ("shout,list,add,shout", 0)])
def test_a_client_gets_its_answers_at_any_pace(
    client: list[str], transport: str, folder: Path, pace: Pace, order: str, wait_s: float
) -> None:
    import ssetape.library

    with running(ssetape.library.open_all([str(folder)], []), pace) as replay:
        check(start(client, transport, replay.url, order, wait_s), order)


def test_two_clients_at_once_get_each_their_own(
    client: list[str], transport: str, folder: Path
) -> None:
    import ssetape.library

    captures = ssetape.library.open_all([str(folder)], [])
    with running(captures, Pace(instant=True)) as replay:
        orders = ORDER, "add,shout,list"
        clients = [start(client, transport, replay.url, order, 1) for order in orders]
        for process, order in zip(clients, orders, strict=True):
            check(process, order)
