"""Runs ssetape's command line in a process of its own, beside mitmproxy.

A long job in a thread of the proxy would delay the streams that pass: a process does not. One
runs at a time, as machines have other things to do.
"""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import ssetape

_FOLDER = str(Path(ssetape.__file__).resolve().parents[1])
# The same checkout or installation as this one, whatever PYTHONPATH says.
_PROGRAM = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
from ssetape.__main__ import run
run()
"""

# Here, as mitmproxy may reload what uses it. The thread only waits for the process; at exit Python
# waits for the thread, so that a file which was asked for is written whole.
_thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-aside")

Done = subprocess.CompletedProcess[str]
Ended = Future[Done]


def run(*words: str) -> Ended:
    """The end of `ssetape` with these arguments, once it has come.

    Its exception, if any, is an OSError: the process cannot be started.
    """
    return _thread.submit(_run, words)


def _run(words: tuple[str, ...]) -> Done:
    # -P: nothing from the working folder. In its own session: Ctrl-C is meant for mitmproxy.
    return subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, _FOLDER, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        check=False,
    )
