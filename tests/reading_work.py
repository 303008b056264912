"""What the processes of a test do with captures: found there by its name."""

import os
from collections.abc import Iterator

from ssetape.capture import Capture
from ssetape.errors import CaptureError


def data_of(capture: Capture) -> Iterator[str]:
    print("not an answer")
    yield from (event.data for event in capture.events())


def odd_ones_fail(capture: Capture) -> Iterator[str]:
    (data,) = data_of(capture)
    yield data
    if data == "11":
        raise CaptureError(capture.name, 3, "is odd")
    if data == "33":
        raise ValueError("thrown by a bug")
    if data == "55":
        os._exit(7)


def much(capture: Capture) -> Iterator[str]:
    """Nine parts; the process in which each was made is before it."""
    yield from (f"{os.getpid()} {'x' * 20}" for _ in range(9))


def here(capture: Capture) -> Iterator[int]:
    yield os.getpid()
