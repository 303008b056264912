import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Place = Callable[..., Path]
Run = Callable[..., pytest.RunResult]

GET = """
import httpx

def get(server, path="/streams/tour"):
    return httpx.get(server.url + path, trust_env=False, timeout=30)
"""


def test_loading_the_plugin_loads_little() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import ssetape.testing.plugin\n"
        "new = {name for name in set(sys.modules) - before}\n"
        "print(sorted({n.partition('.')[0] for n in new} - sys.stdlib_module_names), len(new))\n"
        "print(sorted(name for name in new if name.startswith('ssetape')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    tops, modules = done.stdout.splitlines()
    assert tops.startswith("['ssetape']")
    assert modules == str(
        [f"ssetape{end}" for end in ("", ".errors", ".output", ".output.did_you_mean")]
        + ["ssetape.output.printable", "ssetape.testing"]
        + [f"ssetape.testing.{name}" for name in ("plugin", "settings", "summary")]
    )


def test_the_types_are_there_to_be_named() -> None:
    import ssetape.testing
    from ssetape.testing import ReplayedApp, ReplayedServer, ReplayedServers, Requested

    named = [ReplayedApp, ReplayedServer, ReplayedServers, Requested]
    assert [each.__name__ for each in named] == sorted(ssetape.testing._MODULES)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        ssetape.testing.Nothing  # noqa: B018


def test_captures_are_found_by_path_and_by_name(
    pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("tests/captures/test_a/test_by_name")
    place("tests/captures/test_a/TestClass/test_in_a_class/deep/in/it")
    place("tests/captures/test_a/test_parameter-gpt-4o")
    place("tests/captures/test_a/test_all_parameters")
    place("tests/streams/tour")
    place("tests/streams/minimal", "minimal-one-event.ssetape")
    pytester.makepyprojecttoml("")
    (pytester.path / "tests" / "test_a.py").write_text(
        GET
        + """
import pytest

def check(server):
    assert "The tour starts here." in get(server).text
    server.assert_requested("GET", "/streams/tour", times=1)
    server.assert_all_consumed()

def test_by_name(ssetape_server):
    check(ssetape_server)

class TestClass:
    def test_in_a_class(self, ssetape_server):
        check(ssetape_server)

@pytest.mark.parametrize("model", ["gpt-4o"])
def test_parameter(ssetape_server, model):
    check(ssetape_server)

@pytest.mark.parametrize("number", [1, 2])
def test_all_parameters(ssetape_server, number):
    check(ssetape_server)

@pytest.mark.ssetape("streams/tour.ssetape")
def test_by_path(ssetape_server):
    check(ssetape_server)

@pytest.mark.ssetape("streams/tour")
def test_without_suffix(ssetape_server):
    check(ssetape_server)

@pytest.mark.ssetape("streams")
def test_folder(ssetape_server):
    get(ssetape_server, "/streams/minimal")
    check(ssetape_server)

@pytest.mark.ssetape("streams/minimal", "streams/tour")
def test_several(ssetape_server):
    assert get(ssetape_server, "/streams/minimal").status_code == 200
    check(ssetape_server)
"""
    )
    run("-Werror", "--strict-markers").assert_outcomes(passed=9)


def test_a_failed_test_s_report_says_what_nothing_answered(
    pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("captures/test_a/test_miss/tour")
    pytester.makepyfile(
        test_a=GET
        + """
def test_miss(ssetape_server):
    get(ssetape_server)
    assert get(ssetape_server, "/streams/tours?x=1").status_code == 200
"""
    )
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- ssetape: requests that no capture answered -*",
            "GET /streams/tours?x=1",
            "  captures/test_a/test_miss/tour.ssetape has GET http://127.0.0.1:8765/streams/tour",
            "    path: asked /streams/tours, captured /streams/tour",
            "For details: ssetape why 'GET /streams/tours?x=1' --match nearest captures/*",
            "*- ssetape: requests -*",
            "GET /streams/tour <- captures/test_a/test_miss/tour.ssetape",
            "GET /streams/tours <- no capture",
        ]
    )


@pytest.mark.parametrize("padding", [0, 2000])
def test_the_command_in_a_report_sees_what_the_test_saw(
    padding: int, pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("captures/test_a/test_miss/tour")
    pytester.makepyfile(
        test_a=f"""
import httpx
import pytest

@pytest.mark.ssetape(match="exact", ignore_query=["ts"])
def test_miss(ssetape_server):
    body = {{"it's": "é" + "x" * {padding}}}
    url = f"{{ssetape_server.url}}/streams/tour?ts=1"
    assert httpx.post(url, json=body, trust_env=False).status_code == 200
"""
    )
    result = run()
    result.assert_outcomes(failed=1)
    lines = result.outlines
    differs = [line.strip() for line in lines if line.startswith("    ") and "asked" in line]
    assert any("body" in line for line in differs)
    command = next(line for line in lines if line.startswith("For details: "))
    command = command.removeprefix("For details: ").replace("ssetape why", '"$0" -m ssetape why')
    assert "--match exact --ignore-query ts" in command
    done = subprocess.run(
        ["sh", "-c", f"{command} --json", sys.executable],
        capture_output=True,
        text=True,
        cwd=pytester.path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["differs"] == differs


def test_a_test_that_is_interrupted_leaves_nothing(
    pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("tour")
    pytester.makeconftest(
        """
import threading

def pytest_unconfigure():
    print("left:", [thread.name for thread in threading.enumerate()])
"""
    )
    pytester.makepyfile(
        GET
        + """
import pytest
import httpx

@pytest.mark.ssetape("tour", speed=0.001)
def test_waits(ssetape_server):
    with httpx.Client(trust_env=False) as client:
        request = client.build_request("GET", ssetape_server.url + "/streams/tour")
        ssetape_server.pause()
        raise KeyboardInterrupt
"""
    )
    result = run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["left: ['MainThread']"])


ASYNC = """
import asyncio
import httpx
import pytest

@pytest.mark.asyncio
@pytest.mark.ssetape("tour")
async def test_asyncio(ssetape_server):
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = await asyncio.gather(
            *(client.get(ssetape_server.url + "/streams/tour") for _ in range(5))
        )
    assert len({answer.text for answer in answers}) == 1
    ssetape_server.assert_requested("GET", "/streams/tour", times=5)

@pytest.mark.asyncio
@pytest.mark.ssetape("tour")
async def test_app(ssetape_app):
    transport = httpx.ASGITransport(app=ssetape_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://replay.test") as client:
        answer = await client.get("/streams/tour")
    assert "[DONE]" in answer.text
    ssetape_app.assert_requested("GET", "/streams/tour")
    ssetape_app.assert_all_consumed()
"""
ANYIO = """
import anyio
import httpx
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.ssetape("tour")]

@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param

async def test_anyio(ssetape_server):
    async with httpx.AsyncClient(trust_env=False) as client:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(client.get, ssetape_server.url + "/streams/tour")
    ssetape_server.assert_requested("GET", "/streams/tour", times=5)
    ssetape_server.assert_all_consumed()
"""


@pytest.mark.parametrize(
    ("plugin", "text", "count"),
    [("asyncio", ASYNC, 2), ("anyio", ANYIO, 1)],
    ids=["asyncio", "anyio"],
)
def test_tests_may_be_coroutines(
    plugin: str, text: str, count: int, pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("tour")
    pytester.makepyfile(text)
    run(plugins=(plugin,)).assert_outcomes(passed=count)


def test_tests_run_in_parallel_in_random_order_and_leave_nothing(
    pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("tour")
    pytester.makeconftest(
        """
import os
import threading
import pytest

def state():
    return sorted(thread.name for thread in threading.enumerate()), len(os.listdir("/dev/fd"))

@pytest.fixture(autouse=True)
def leaves_nothing(request):
    before = state()
    yield
    assert state() == before
"""
    )
    pytester.makepyfile(
        GET
        + """
import threading
import pytest

@pytest.mark.ssetape("tour")
@pytest.mark.parametrize("number", range(20))
def test_many(ssetape_server, number):
    threads = [threading.Thread(target=get, args=[ssetape_server]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ssetape_server.assert_requested("GET", "/streams/tour", times=3)
    ssetape_server.assert_all_consumed()
"""
    )
    run("-n2", plugins=("xdist", "randomly")).assert_outcomes(passed=20)
