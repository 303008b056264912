import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reading_work import data_of

from ssetape.cores.process import Process

Write = Callable[..., Path]
TIMEOUT_S = 60


def test_a_process_reads_what_it_is_asked_and_imports_nothing_from_the_working_folder(
    capture_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ssetape", "pickle", "json", "orjson"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    path = capture_file([(0.1, b"data: x\n\n")])
    process = Process(data_of)
    try:
        ((items, failure),) = filter(None, process.ask([(path, "a")]))
        assert (list(map(pickle.loads, items)), failure) == (["x"], None)
        process.stop()
        assert process.ask([(tmp_path, "a"), (tmp_path, "b")]) == [
            ([], f"{name}: the process that read it ended with {-signal.SIGKILL}") for name in "ab"
        ]
    finally:
        process.end()


@pytest.mark.programs
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")
@pytest.mark.parametrize("whom", [os.killpg, os.kill], ids=["a terminal's", "one alone"])
def test_ctrl_c_ends_all(
    whom: Callable[[int, int], None], capture_file: Write, tmp_path: Path
) -> None:
    path = capture_file([(0.1, b"data: x\n\n")])
    for number in range(3000):
        os.link(path, tmp_path / f"{number}.ssetape")
    running = subprocess.Popen(
        [sys.executable, "-m", "ssetape", "grep", "-j", "2", ".", str(tmp_path)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline()
    whom(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=TIMEOUT_S)
    assert (running.returncode, said) == (130, "")
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            os.killpg(running.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("a process goes on")
