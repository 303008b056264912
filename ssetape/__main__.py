"""The command-line program: `ssetape`, or `python -m ssetape`."""

import atexit
import os
import signal
import sys
from types import FrameType

# What shells report for a program that SIGINT has ended.
INTERRUPTED = 128 + signal.SIGINT


def run() -> None:
    """Run the command line, and exit with its code."""
    # A program in the background ignores the signal, and goes on doing so.
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:
        signal.signal(signal.SIGINT, _interrupt)
    code: list[int] = []
    # Registered first, so it runs last.
    atexit.register(_end_at_once, code)
    try:
        # Imported here: most of the time until a verb begins is spent on it.
        from ssetape.cli import main

        main(prog_name="ssetape")
    except SystemExit as done:
        code.append(done.code if isinstance(done.code, int) else int(done.code is not None))
        raise
    finally:
        if is_interruptible:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End at Ctrl-C without a word, at whatever moment; at the second one, at once.

    Verbs that have something to finish handle the signal themselves.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if os.isatty(2):
        os.write(2, b"\n")  # after the ^C that the terminal echoes
    if _is_importing(frame):
        # Python's compiler may drop an exception, and modules in C may crash at one.
        os._exit(INTERRUPTED)
    raise SystemExit(INTERRUPTED)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a frame is within the import of a module."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _end_at_once(code: list[int]) -> None:
    """Skip Python's own shutdown if mitmproxy was used.

    mitmproxy's Rust threads may use the interpreter during it, which before Python 3.14 can
    cause a segmentation fault: https://github.com/python/cpython/issues/87135
    """
    if "mitmproxy_rs" in sys.modules:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass  # its reader has closed it
        os._exit(code[0] if code else 1)


if __name__ == "__main__":
    run()
