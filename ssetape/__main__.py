"""The command-line program: `ssetape`, or `python -m ssetape`."""

import atexit
import os
import sys

from ssetape.cli import main


def run() -> None:
    """Run the command line, and exit with its code."""
    code: list[int] = []
    # Registered first, so it runs last.
    atexit.register(_end_at_once, code)
    try:
        main(prog_name="ssetape")
    except SystemExit as done:
        code.append(done.code if isinstance(done.code, int) else int(done.code is not None))
        raise


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
