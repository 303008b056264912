"""A file without a name, for memory that forked processes share."""

import os
import sys
import tempfile
from typing import IO


def shared_file(size_bytes: int) -> IO[bytes]:
    """Return an open file of this size, full of zeros; what is never written takes no memory.

    On Linux it is in memory, which needs no folder that may be written to.
    """
    if sys.platform == "linux":
        file: IO[bytes] = open(os.memfd_create("ssetape"), "r+b")  # noqa: SIM115  for the caller
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115  for the caller
    file.truncate(size_bytes)
    return file
