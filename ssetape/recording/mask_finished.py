"""Masks what looks like a secret in finished captures.

A secret may be split between chunks, so only the whole body shows it. A separate process does
this, one capture after the other: searching megabytes in a thread of the proxy would delay the
streams that are still running. If the process cannot run, the log says so, and the capture is
left to `ssetape scan --mask`.
"""

import atexit
import json
import logging
import shutil
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, Any

import ssetape
from ssetape.masking.names import also_masked
from ssetape.output.printable import printable
from ssetape.recording.log import logger
from ssetape.recording.reasons import said

# After a longer wait at exit, the log says what it is for.
_SILENT_WAIT_S = 1.0
_FOLDER = str(Path(ssetape.__file__).resolve().parents[1])
_PROGRAM = """\
import sys
sys.path.insert(0, sys.argv[1])
from ssetape.masking import process
process.main()
"""

# Here and not in record.py, which mitmproxy may reload. The thread only waits for the process.
_thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-mask")
_waiting: set[Future[None]] = set()
_process: subprocess.Popen[bytes] | None = None


def take(path: Path) -> None:
    """Queue a finished capture for masking."""
    try:
        task = _thread.submit(_mask, path)
    except RuntimeError:  # this process is exiting and starts no more threads
        _mask(path)
        return
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


def settle() -> None:
    """Wait until all queued captures are masked."""
    wait(list(_waiting))


def closing() -> None:
    """Log what the recorder waits for while it exits, if that takes long."""
    timer = threading.Timer(_SILENT_WAIT_S, _report_waiting)
    timer.daemon = True
    timer.start()


def _report_waiting() -> None:
    if count := len(_waiting):
        _log(logging.WARNING, f"waiting until secrets are masked; captures left: {count}")


def _mask(path: Path) -> None:
    try:
        answer = _ask(path)
    except Exception as error:  # the capture stays as it is, and the traffic goes on
        answer = {"error": f"the masking process failed: {said(error)}"}
    if "warning" in answer:
        _log(logging.WARNING, answer["warning"])
    if "error" in answer:
        problem = f"{path}: cannot look for secrets: {answer['error']}"
        _log(logging.ERROR, f"{problem}; to try again: ssetape scan --mask {path}")
    elif "problem" in answer:
        _log(logging.WARNING, f"{path.name}: {answer['problem']}")
    if count := answer.get("count"):
        _log(logging.INFO, f"masked in {count} place{'s' * (count != 1)}: {path.name}")


def _log(level: int, text: str) -> None:
    try:
        logger.log(level, f"ssetape: {text}")
    except RuntimeError:  # mitmproxy's log goes through its event loop, which has been closed
        if level > logging.INFO:
            print(f"ssetape: {printable(text)}", file=sys.stderr, flush=True)


def _ask(path: Path) -> dict[str, Any]:
    """Send a path to the process, starting it if necessary, and wait for its answer.

    Raises:
        OSError, ValueError: the process cannot be started, or has ended.
    """
    process = _started()
    paths, answers = _pipes(process)
    try:
        asked = {"path": str(path), "names": sorted(also_masked())}
        paths.write(json.dumps(asked).encode() + b"\n")
        paths.flush()
        line = answers.readline()
    except OSError:  # it has ended
        line = b""
    if not line:
        end()
        raise ValueError(f"it ended with exit code {process.returncode}")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _started() -> subprocess.Popen[bytes]:
    global _process
    if _process is None:
        # -I: it needs nothing of the environment. Of what is installed, it only needs what decodes
        # br and zstd, and runs without.
        words = [_python(), "-I", "-c", _PROGRAM, _FOLDER]
        pipe = subprocess.PIPE
        # In its own session: Ctrl-C in the terminal is meant for the recorder.
        _process = subprocess.Popen(words, stdin=pipe, stdout=pipe, start_new_session=True)
        atexit.register(end)
    return _process


def _python() -> str:
    """The Python to run; mitmproxy's standalone program contains none that can be run."""
    own = None if getattr(sys, "frozen", False) else sys.executable
    found = own or shutil.which("python3")
    if not found:
        raise OSError("no python3 found on the PATH")
    return found


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def end() -> None:
    """End the process, if it is running; `take` starts a new one."""
    global _process
    process, _process = _process, None
    if process is None:
        return
    for pipe in _pipes(process):
        try:
            pipe.close()
        except OSError:  # it has exited, and what it had not read is lost
            pass
    process.wait()
    atexit.unregister(end)
