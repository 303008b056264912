import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ssetape.recording import mask_finished

KEY = "sk-ant-api03-a1B2c3D4e5F6g7H8i9J0"
KEYS = [f"sk-ant-api03-{number:02}B2c3D4e5F6g7H8i9J0" for number in range(3)]


@pytest.fixture(autouse=True)
def _process_of_this_test() -> Iterator[None]:
    mask_finished.end()
    yield
    mask_finished.end()


def test_a_capture_with_a_secret_is_replaced(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.1, b"data: " + KEY.encode() + b"\n\n")])
    mask_finished.take(path)
    mask_finished.settle()
    assert KEY.encode() not in path.read_bytes()


def test_what_cannot_be_masked_stays_and_is_told(
    capture_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = capture_file(b"no capture\n")
    mask_finished.take(path)
    mask_finished.take(path.with_name("removed"))
    mask_finished.settle()
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
    mask_finished.take(path)
    mask_finished.settle()
    assert KEY.encode() not in path.read_bytes()
    assert "cannot keep a salt" in caplog.text


def test_one_process_masks_all_and_a_new_one_comes_if_it_dies(
    capture_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    paths = [capture_file([(0.1, f"data: {key}\n\n".encode())]) for key in KEYS]
    mask_finished.take(paths[0])
    mask_finished.settle()
    process = mask_finished._process
    assert process is not None
    assert process.poll() is None
    mask_finished.take(paths[1])
    mask_finished.settle()
    assert mask_finished._process is process
    process.kill()
    process.wait()
    mask_finished.take(paths[2])
    mask_finished.settle()
    assert f"to try again: ssetape scan --mask {paths[2]}" in caplog.text
    assert "ended with exit code -9" in caplog.text
    mask_finished.take(paths[2])
    mask_finished.settle()
    assert [path for path in paths if b"sk-ant" in path.read_bytes()] == []


def test_without_a_python_the_log_says_what_to_do(
    capture_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    path = capture_file([(0.1, KEY.encode())])
    mask_finished.take(path)
    mask_finished.settle()
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

    monkeypatch.setattr(mask_finished.logger, "log", closed)
    mask_finished.take(capture_file([(0.1, KEY.encode())]))
    broken = capture_file(b"no capture\n")
    mask_finished.take(broken)
    mask_finished.settle()
    # Those alone that matter; what other threads may print is not of this test.
    lines = capsys.readouterr().err.splitlines()
    assert not [line for line in lines if "masked in" in line]
    (line,) = [line for line in lines if str(broken) in line]
    assert line.startswith(f"ssetape: {broken}: cannot look for secrets: ")


def test_it_needs_nothing_of_the_environment(
    capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = capture_file([(0.1, KEY.encode())])
    mask_finished.take(path)
    mask_finished.settle()
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

    monkeypatch.setattr(mask_finished, "_ask", ask)
    monkeypatch.setattr(mask_finished, "_SILENT_WAIT_S", 0.01)
    mask_finished.take(capture_file([]))
    assert asked.wait(30)
    mask_finished.closing()
    while "captures left: 1" not in caplog.text:
        time.sleep(0.01)
    may_answer.set()
    mask_finished.settle()
    caplog.clear()
    mask_finished._report_waiting()
    assert caplog.messages == []


def test_as_the_process_ends_it_is_done_at_once(
    capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(mask_finished, "_thread", ended)
    path = capture_file([(0.1, KEY.encode())])
    mask_finished.take(path)
    assert KEY.encode() not in path.read_bytes()
