import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from proxies import Exchange, Mitmdump, Origin, fetch

import ssetape
from ssetape.addon.recorder import masking
from ssetape.masking.scan import scan

KEY = "sk-ant-api03-a1B2c3D4e5F6g7H8i9J0"


@pytest.fixture(autouse=True)
def _process_of_this_test() -> Iterator[None]:
    masking.end()
    yield
    masking.end()


def test_a_capture_with_a_secret_is_replaced(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.1, b"data: " + KEY.encode() + b"\n\n")])
    masking.take(path)
    masking.settle()
    assert KEY.encode() not in path.read_bytes()


def test_what_cannot_be_masked_stays_and_is_told(
    capture_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = capture_file(b"no capture\n")
    masking.take(path)
    masking.take(path.with_name("removed"))
    masking.settle()
    assert path.read_bytes() == b"no capture\n"
    (problem,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert f"ssetape scan --mask {path}" in problem


def test_without_a_place_for_the_salt_it_masks_all_the_same(
    capture_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    path = capture_file([(0.1, KEY.encode())])
    masking.take(path)
    masking.settle()
    assert KEY.encode() not in path.read_bytes()
    assert "cannot keep a salt" in caplog.text


def test_one_process_masks_all_and_a_new_one_comes_if_it_dies(
    capture_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    paths = [capture_file([(0.1, f"data: {key}\n\n".encode())]) for key in islice(secrets(), 3)]
    masking.take(paths[0])
    masking.settle()
    process = masking._process
    assert process is not None
    assert process.poll() is None
    masking.take(paths[1])
    masking.settle()
    assert masking._process is process
    process.kill()
    process.wait()
    masking.take(paths[2])
    masking.settle()
    assert f"to try again: ssetape scan --mask {paths[2]}" in caplog.text
    assert "ended with exit code -9" in caplog.text
    masking.take(paths[2])
    masking.settle()
    assert [path for path in paths if b"sk-ant" in path.read_bytes()] == []


def test_without_a_python_the_log_says_what_to_do(
    capture_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    path = capture_file([(0.1, KEY.encode())])
    masking.take(path)
    masking.settle()
    assert KEY.encode() in path.read_bytes()
    (said,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "no python3 found on the PATH; to try again: ssetape scan --mask" in said


def test_after_mitmproxy_s_log_was_closed_stderr_has_what_matters(
    capture_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def closed(level: int, text: str) -> None:
        raise RuntimeError("Event loop is closed")

    monkeypatch.setattr(masking.logger, "log", closed)
    masking.take(capture_file([(0.1, KEY.encode())]))
    broken = capture_file(b"no capture\n")
    masking.take(broken)
    masking.settle()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ssetape: {broken}: cannot look for secrets: ")


def test_it_needs_nothing_of_the_environment(
    capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = capture_file([(0.1, KEY.encode())])
    masking.take(path)
    masking.settle()
    assert KEY.encode() not in path.read_bytes()


def test_what_takes_long_at_the_end_is_said(
    capture_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def ask(path: Path) -> dict[str, int]:
        asked.set()
        may_answer.wait(30)
        return {"count": 0}

    monkeypatch.setattr(masking, "_ask", ask)
    monkeypatch.setattr(masking, "_SILENT_WAIT_S", 0.01)
    masking.take(capture_file([]))
    assert asked.wait(30)
    masking.closing()
    while "captures left: 1" not in caplog.text:
        time.sleep(0.01)
    may_answer.set()
    masking.settle()
    caplog.clear()
    masking._report_waiting()
    assert caplog.messages == []


def test_as_the_process_ends_it_is_done_at_once(
    capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(masking, "_thread", ended)
    path = capture_file([(0.1, KEY.encode())])
    masking.take(path)
    assert KEY.encode() not in path.read_bytes()


def secrets() -> Iterator[str]:
    """Different ones, so that each can be told from the others."""
    for number in range(100):
        yield f"sk-ant-api03-{number:02}B2c3D4e5F6g7H8i9J0"


def plant(origin: Origin, port: int) -> list[str]:
    """Send secrets everywhere where an exchange has room; gives them."""
    keys = secrets()
    path_key, query_key, header_key, body_key, set_key, event_key, last_key = (
        next(keys) for _ in range(7)
    )

    def answer(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", f"X-Made-With: {set_key}")
        event = f'data: {{"key": "{event_key}"}}\n\n'.encode()
        exchange.chunk(event[:25])
        time.sleep(0.02)
        exchange.chunk(event[25:])
        exchange.chunk(f"data: {last_key}\n\n".encode())
        exchange.end()

    url = origin.serve(answer, path_key)
    body = json.dumps({"nested": json.dumps({"key": body_key})}).encode()
    fetch(
        port,
        f"{url}?q={query_key}",
        f"X-Something: {header_key}",
        method="POST",
        body=body,
    )
    return [path_key, query_key, header_key, body_key, set_key, event_key, last_key]


@pytest.mark.parametrize("mask", ["on", "off"])
def test_of_secrets_sent_everywhere_none_is_in_a_file_or_the_scan_finds_each(
    mask: str, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    folder = tmp_path / "tapes"
    with Mitmdump(confdir, folder, f"tape_mask={mask}") as proxy:
        planted = plant(origin, proxy.port)
    assert proxy.wait() == 0
    (path,) = folder.iterdir()
    content = b"".join(file.read_bytes() for file in folder.rglob("*"))
    capture = ssetape.open(path)
    assert capture.end is not None
    assert capture.end.is_complete
    hints = [finding.place for finding in scan(capture)]
    if mask == "off":
        joined = b"".join(chunk.data for chunk in capture.chunks()).decode()
        assert [key for key in planted[:5] if key.encode() in content] == planted[:5]
        assert all(key in joined for key in planted[5:])
        assert len(hints) == len(planted)
    else:
        assert [key for key in planted if key.encode() in content] == []
        # Nor the halves of the one that a chunk border cuts.
        assert planted[5][:20].encode() not in content
        assert hints == []
        assert len(list(capture.events())) == 2
