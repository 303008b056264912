"""The program that reads captures for another process.

Asked on stdin, in pickles: what to do with a capture, and then batches of captures. Answers on
stdout.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError

# What a batch may come to. Captures that do not fit are read by who asked: their items one by one.
_HELD_BYTES = 4 * 1024 * 1024

# The items of a capture, each pickled, and what failed then; None if they are too large to hold.
Answer = tuple[list[bytes], str | None] | None


def main() -> None:
    """Read the captures that come on stdin, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Whatever the work prints does not belong among the answers.
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        work = pickle.load(asked)
        while True:
            batch = pickle.load(asked)
            pickle.dump(list(answered(work, batch)), answers)
            answers.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)


def answered(
    work: Callable[[Capture], Iterable[Any]], batch: list[tuple[Path, str]]
) -> Iterator[Answer]:
    """Yield what becomes of each capture of a batch."""
    left_bytes = _HELD_BYTES
    for path, name in batch:
        items: list[bytes] = []
        failure = None
        try:
            for item in work(Capture(path, name=name)):
                items.append(pickle.dumps(item))
                left_bytes -= len(items[-1])
                if left_bytes < 0:
                    break
        except CaptureError as error:
            failure = str(error)
        except Exception as error:
            text = str(error) or repr(error)
            failure = text if text.startswith(name) else f"{name}: {text}"
        yield None if left_bytes < 0 else (items, failure)
        left_bytes = max(left_bytes, 0)
