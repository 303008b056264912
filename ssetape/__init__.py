"""ssetape records HTTP event streams and replays them exactly.

    import ssetape

    for event in ssetape.open("answer.ssetape").events():
        print(event.t_s, event.event, event.data)

Importing this package needs only the standard library; the recorder inside mitmproxy depends on
that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssetape.errors import SsetapeError

if TYPE_CHECKING:
    import os

    from ssetape.capture import Capture

__all__ = ["SsetapeError", "__version__", "open"]

__version__ = "0.1.0"


def open(path: str | os.PathLike[str]) -> Capture:  # named like `gzip.open`
    """Open the capture in the file `path`: its request, response, chunks, events and end.

    Raises:
        CaptureError: the file cannot be read, or is not a capture of a supported version.
    """
    from ssetape.capture import Capture

    return Capture(path)
