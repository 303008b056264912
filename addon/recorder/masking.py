"""Has finished captures masked: what looks like a secret may show only in the whole.

A process of its own does that, one capture after the other, because a search through megabytes
in a thread of the proxy would hold up the streams that still run. If there is no such process,
the log says so, and the capture is left to `ssetape scan --mask`.
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

from . import ends

logger = logging.getLogger("ssetape")

# Who waits longer than that at the end is told why.
_SILENT_WAIT_S = 1.0
_FOLDER = str(Path(ssetape.__file__).resolve().parents[1])
_PROGRAM = """\
import sys
sys.path.insert(0, sys.argv[1])
from ssetape.masking import process
process.main()
"""

# All of this lives here, not in record.py, which mitmproxy may load again. The thread does nothing
# but wait for the process.
_thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-mask")
_waiting: set[Future[None]] = set()
_process: subprocess.Popen[bytes] | None = None


def take(path: Path) -> None:
    """Have a finished capture masked, soon."""
    try:
        task = _thread.submit(_mask, path)
    except RuntimeError:  # this process is about to end, and there are no threads any more
        _mask(path)
        return
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


def settle() -> None:
    """Wait until all captures that were taken are done; say so if that takes long."""
    _, late = wait(list(_waiting), _SILENT_WAIT_S)
    if late:
        _say_what_is_waited_for()
        wait(late)


def closing() -> None:
    """The recorder ends: say what it waits for, if that takes long."""
    timer = threading.Timer(_SILENT_WAIT_S, _say_what_is_waited_for)
    timer.daemon = True
    timer.start()


def _say_what_is_waited_for() -> None:
    if count := len(_waiting):
        logger.warning(f"ssetape: waiting until secrets are masked; captures left: {count}")


def _mask(path: Path) -> None:
    try:
        answer = _ask(path)
    except Exception as error:  # the capture stays as it is, and the traffic is not concerned
        answer = {"error": f"the process that masks failed: {ends.said(error)}"}
    if "warning" in answer:
        logger.warning(f"ssetape: {answer['warning']}")
    if "error" in answer:
        logger.error(
            f"ssetape: {path}: not searched for secrets: {answer['error']}; "
            f"ssetape scan --mask {path} tries again"
        )
    elif count := answer.get("count"):
        logger.info(f"ssetape: masked in {count} place{'s' * (count != 1)}: {path.name}")


def _ask(path: Path) -> dict[str, Any]:
    """Give a path to the process, which is started if need be, and wait for its answer.

    Raises:
        OSError, ValueError: the process cannot be started, or has ended.
    """
    process = _started()
    paths, answers = _pipes(process)
    try:
        paths.write(json.dumps(str(path)).encode() + b"\n")
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
        # -I -S: nothing of the environment or of what is installed; it needs nothing of that.
        words = [_python(), "-I", "-S", "-c", _PROGRAM, _FOLDER]
        pipe = subprocess.PIPE
        # In a session of its own, as Ctrl-C in the terminal is for the recorder.
        _process = subprocess.Popen(words, stdin=pipe, stdout=pipe, start_new_session=True)
        atexit.register(end)
    return _process


def _python() -> str:
    """A Python to run: mitmproxy's standalone program brings none that can."""
    own = None if getattr(sys, "frozen", False) else sys.executable
    found = own or shutil.which("python3")
    if not found:
        raise OSError("there is no Python here to run it")
    return found


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def end() -> None:
    """End the process, if it runs; `take` starts another."""
    global _process
    process, _process = _process, None
    if process is None:
        return
    for pipe in _pipes(process):
        try:
            pipe.close()
        except OSError:  # what it has not read is lost with it
            pass
    process.wait()
    atexit.unregister(end)
