"""The program: `ssetape`, or `python -m ssetape`."""

import atexit
import os
import sys

from ssetape.cli import main


def run() -> None:
    """Run the command line, and end the process with its exit code."""
    code: list[int] = []
    # Registered first, so it runs last.
    atexit.register(_end_at_once, code)
    try:
        main(prog_name="ssetape")
    except SystemExit as done:
        code.append(done.code if isinstance(done.code, int) else int(done.code is not None))
        raise


def _end_at_once(code: list[int]) -> None:
    """Spare Python taking itself down where mitmproxy was at work.

    Its Rust threads may ask for the interpreter just then, which before Python 3.14 is a
    segmentation fault now and then: https://github.com/python/cpython/issues/87135
    """
    if "mitmproxy_rs" in sys.modules:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass  # nobody reads it any more
        os._exit(code[0] if code else 1)


if __name__ == "__main__":
    run()
