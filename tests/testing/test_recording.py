import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.errors import RecordError
from ssetape.samples.server import SampleServer
from ssetape.testing.recording import Recorder

Run = Callable[..., pytest.RunResult]

TESTS = """
import os
import httpx

def get(server, path):
    return httpx.get(server.url + path, trust_env=False, timeout=30)

def test_stream(ssetape_server):
    assert get(ssetape_server, "/models").json()
    assert get(ssetape_server, "/streams/minimal").text
    ssetape_server.assert_requested("GET", "/streams/minimal", times=1)
    ssetape_server.assert_all_consumed()
    assert "FAIL" not in os.environ
"""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with SampleServer() as server:
        yield server.url


@pytest.fixture
def place(pytester: pytest.Pytester) -> Path:
    pytester.makepyfile(test_a=TESTS)
    return pytester.path / "captures" / "test_a" / "test_stream"


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.rglob("*")) if place.exists() else []


RECORDED = ["minimal-02.ssetape", "models-01.ssetape"]


def test_what_is_recorded_once_is_replayed_for_ever(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SampleServer() as server:
        result = run(f"--ssetape-target={server.url}", "-Werror")  # auto
    result.assert_outcomes(passed=1)
    folder = "captures/test_a/test_stream"
    result.stdout.fnmatch_lines([f"ssetape: 2 captures recorded in {folder}"])
    assert names(place) == RECORDED
    capture = Capture(place / RECORDED[1])
    assert capture.end is not None
    assert capture.end.is_complete
    run(f"--ssetape-target={server.url}").assert_outcomes(passed=1)
    monkeypatch.setenv("CI", "true")
    run().assert_outcomes(passed=1)


@pytest.mark.programs
def test_a_new_recording_replaces_the_old_if_the_test_passes(
    run: Run, place: Path, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--ssetape=record", f"--ssetape-target={origin}")
    place.mkdir(parents=True)
    (place / "old.ssetape").write_text("old")
    monkeypatch.setenv("FAIL", "1")
    failed = run(*words)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        ["*ssetape: recorded but not kept*", "GET /models", "GET /streams/minimal"]
    )
    assert names(place) == ["old.ssetape"]
    monkeypatch.delenv("FAIL")
    run(*words).assert_outcomes(passed=1)
    assert names(place) == RECORDED
    run(*words).assert_outcomes(passed=1)
    assert names(place) == RECORDED


def test_in_ci_nothing_is_recorded(
    run: Run, place: Path, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "1")
    result = run(f"--ssetape-target={origin}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"  pytest *::test_stream --ssetape=record *-target {origin}"])
    assert names(place) == []


@pytest.mark.programs
def test_several_servers_are_recorded_at_once_and_tests_share_a_place(
    pytester: pytest.Pytester, run: Run, origin: str
) -> None:
    pytester.makepyfile(
        f"""
import httpx
import pytest

pytestmark = pytest.mark.ssetape(target={origin!r})

def get(server, path):
    return httpx.get(server.url + path, trust_env=False, timeout=30)

def test_two(ssetape_servers):
    one, other = ssetape_servers("one"), ssetape_servers("other.ssetape")
    assert get(one, "/streams/minimal").text == get(other, "/streams/minimal").text
    one.assert_requested("GET", "/streams/minimal", times=1)

@pytest.mark.ssetape("shared")
def test_shares(ssetape_server):
    get(ssetape_server, "/models")

@pytest.mark.ssetape("shared")
def test_shares_too(ssetape_server):
    get(ssetape_server, "/conversations")

@pytest.mark.ssetape("one", faults=["refuse status=503"])
def test_misbehaves(ssetape_server):
    assert get(ssetape_server, "/streams/minimal").status_code == 503
"""
    )
    run("--ssetape=auto").assert_outcomes(passed=4)
    run("--ssetape=record", "-kshares").assert_outcomes(passed=2, deselected=2)
    assert names(pytester.path / "one") == ["minimal-01.ssetape"]
    assert (pytester.path / "other.ssetape").is_file()
    assert names(pytester.path / "shared") == [
        "conversations-02.ssetape",
        "models-01.ssetape",
    ]
    run("--ssetape=replay").assert_outcomes(passed=4)


@pytest.mark.programs
def test_workers_record_in_parallel(pytester: pytest.Pytester, run: Run, origin: str) -> None:
    pytester.makepyfile(
        """
import httpx
import pytest

@pytest.mark.parametrize("name", ["minimal", "crlf"])
def test_stream(ssetape_server, name):
    httpx.get(f"{ssetape_server.url}/streams/{name}", trust_env=False, timeout=30)
"""
    )
    result = run("-n2", f"--ssetape-target={origin}", plugins=("xdist",))
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["ssetape: 2 captures recorded in captures/*"])
    found = sorted(
        str(path.relative_to(path.parents[1])) for path in pytester.path.rglob("*-0*.ssetape")
    )
    assert found == [
        "test_stream-crlf/crlf-01.ssetape",
        "test_stream-minimal/minimal-01.ssetape",
    ]
    run("-n2", plugins=("xdist",)).assert_outcomes(passed=2)


def test_a_recording_that_is_interrupted_leaves_nothing(
    pytester: pytest.Pytester, run: Run, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = pytester.mkdir("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    pytester.makepyfile(
        """
import httpx

def test_stream(ssetape_server):
    print("pid", ssetape_server._recorder._process.pid, flush=True)
    httpx.get(f"{ssetape_server.url}/streams/minimal", trust_env=False, timeout=30)
    raise KeyboardInterrupt
"""
    )
    result = run("-s", "--ssetape=record", f"--ssetape-target={origin}")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    (line,) = [line for line in result.outlines if "pid " in line]
    with pytest.raises(ProcessLookupError):
        os.kill(int(line.partition("pid ")[2]), 0)
    assert list(temporary.iterdir()) == []
    assert not (pytester.path / "captures").exists()


def test_what_cannot_be_recorded_is_said(pytester: pytest.Pytester, run: Run, origin: str) -> None:
    pytester.makepyfile(
        """
import httpx
import pytest

def test_no_target(ssetape_server):
    pass

@pytest.mark.ssetape("a", "b", target="http://127.0.0.1:9")
def test_two_places(ssetape_server):
    pass

@pytest.mark.ssetape(target="http://127.0.0.1:9/v1")
def test_path(ssetape_server):
    pass

@pytest.mark.ssetape(target="nonsense://127.0.0.1:9")
def test_scheme(ssetape_server):
    pass
"""
    )
    result = run("--ssetape=record")
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(
        [
            "ssetape: --ssetape=record needs the real server: set --ssetape-target URL*",
            "ssetape: cannot record to several places at once: a, b",
            "ssetape: target http://127.0.0.1:9/v1: expected a server without a path*",
            "ssetape: cannot record from nonsense://127.0.0.1:9: *",
        ]
    )
    pytester.makepyfile("def test_asks_nothing(ssetape_server): pass")
    result = run("--ssetape=record", f"--ssetape-target={origin}", "-kasks_nothing")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ssetape: nothing was recorded: no request to http://*"])


def test_off_asks_the_real_server(pytester: pytest.Pytester, run: Run, origin: str) -> None:
    pytester.makepyfile(
        f"""
import httpx
import pytest

def test_real(ssetape_server):
    assert ssetape_server.url == {origin!r}
    assert httpx.get(ssetape_server.url + "/models", trust_env=False).json()
    ssetape_server.assert_all_consumed()

def test_seen(ssetape_server):
    ssetape_server.assert_requested("GET", "/models", times=0)

def test_control(ssetape_server):
    ssetape_server.pause()

@pytest.mark.ssetape(faults=["cut event=1"])
def test_faults(ssetape_server):
    pass

def test_app(ssetape_app):
    pass

def test_fails(ssetape_server):
    assert not ssetape_server
"""
    )
    result = run("--ssetape=off", f"--ssetape-target={origin}", "-rs")
    result.assert_outcomes(passed=1, skipped=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"requests went to {origin} itself, with --ssetape=off",
            "*cannot pause streams with --ssetape=off: that needs a replay*",
        ]
    )
    run("--ssetape=off", "-ktest_real").assert_outcomes(errors=1, deselected=5)


def test_the_recorder_ends_with_what_it_belongs_to(origin: str) -> None:
    recorder = Recorder(origin)
    recorder.start()
    process = recorder._process
    assert process is not None
    assert process.stdin is not None
    work = recorder.folder.parent
    assert os.getpgid(process.pid) != os.getpgid(0)
    process.stdin.close()  # as if this process were gone
    assert process.wait(60) == 0
    process.stdin = None
    recorder.close()
    recorder.close()
    assert not work.exists()


def test_a_recorder_that_does_not_start_says_why() -> None:
    recorder = Recorder("http://")
    with pytest.raises(RecordError, match=r"cannot record from http://: .+"):
        recorder.start()
    recorder.close()


def test_a_target_that_is_dead_is_named_whether_the_test_passes_or_fails(
    pytester: pytest.Pytester, run: Run
) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        target = f"http://127.0.0.1:{sock.getsockname()[1]}"
    pytester.makepyfile(
        """
        import urllib.error, urllib.request

        def ask(server):
            try:
                return urllib.request.urlopen(server.url + "/x").status
            except urllib.error.HTTPError as error:
                return error.code

        def test_passes(ssetape_server):
            ask(ssetape_server)

        def test_fails(ssetape_server):
            assert ask(ssetape_server) == 200
        """
    )
    result = run("--ssetape=record", f"--ssetape-target={target}")
    named = f"no answer from {target}: "
    result.stdout.fnmatch_lines([f"*nothing was recorded*: {named}*connection refused*"])
    result.stdout.fnmatch_lines(["*ssetape: not answered*", f"{named}*connection refused*"])
