"""Downloads from the page: captures and their exports."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from ssetape import exports
from ssetape.capture import Capture
from ssetape.exports import FolderFormat
from ssetape.tables.rows import plain

_PIECE_BYTES = 64 * 1024


def export(path: Path, name: str) -> BinaryIO:
    """A capture in an export format that is one file.

    Raises:
        SsetapeError: the export fails.
    """
    form = exports.load(name)
    assert not isinstance(form, FolderFormat)
    with ExitStack() as stack:
        # Nameless: nothing is left behind, however a download or this process ends.
        made = stack.enter_context(tempfile.TemporaryFile())
        form.write([Capture(path)], made)
        stack.pop_all()
    return made


def attachment(file: BinaryIO, name: str) -> Response:
    """A download of what a file has now: a capture being recorded grows meanwhile."""
    left_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)

    def pieces() -> Iterator[bytes]:
        left = left_bytes
        with file:
            while piece := file.read(min(left, _PIECE_BYTES)):
                left -= len(piece)
                yield piece

    headers = {
        "content-length": str(left_bytes),
        "content-disposition": f"attachment; filename*=utf-8''{quote(plain(name), safe='')}",
    }
    return StreamingResponse(pieces(), headers=headers, media_type="application/octet-stream")
