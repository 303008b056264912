"""Masks finished captures in a process of its own, which takes no time from the one that records.

A line on stdin is a path, as JSON; the line on stdout that answers it says what was done. The
process ends with its stdin. Standard library only, as the recorder starts it from a bare clone.
"""

import json
import os
import secrets
import sys
from pathlib import Path
from typing import IO, Any

from ssetape.masking.files import mask_capture, user_salt

# Whatever else runs on the machine comes first.
_NICENESS = 10


def serve(paths: IO[bytes], answers: IO[bytes]) -> None:
    """Mask the captures whose paths come, and answer each path.

    An answer is an object with `count`, how many secrets were masked, or with `error`, why the
    capture stays as it is; `count` is null if the file is gone. `warning` says what else is
    worth knowing.
    """
    salt: bytes | None = None
    for line in paths:
        answer: dict[str, Any] = {}
        if salt is None:
            salt, warning = _salt()
            if warning:
                answer["warning"] = warning
        try:
            answer["count"] = mask_capture(Path(json.loads(line)), salt)
        except FileNotFoundError:
            answer["count"] = None
        except Exception as error:  # the capture stays as it is, and the next one comes
            answer["error"] = str(error) or type(error).__name__
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _salt() -> tuple[bytes, str | None]:
    """The user's salt, or one of this run's own and what to say about it."""
    try:
        return user_salt(), None
    except OSError as error:
        return secrets.token_bytes(32), (
            f"cannot keep a salt for placeholders: {error}; "
            f"equal secrets get equal ones within this run alone"
        )


def main() -> None:
    """Serve on stdin and stdout, behind everything else that runs on this machine."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
