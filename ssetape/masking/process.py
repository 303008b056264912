"""Masks finished captures in a process of its own, so that it takes no time from the recorder's.

Each line on stdin is an object with a `path`, and with `names` to mask beside the known ones. A
line on stdout answers it with the result. The process ends with its stdin. Standard library only,
because the recorder starts it from a bare clone; with what else is installed it decodes more.
"""

import json
import os
import secrets
import sys
from pathlib import Path
from typing import IO, Any

from ssetape.masking.files import mask_capture, user_salt
from ssetape.masking.names import also_mask

# For systems that know no more than this.
_NICENESS = 10


def serve(lines: IO[bytes], answers: IO[bytes]) -> None:
    """Mask the capture that each line asks for, and write an answer for it.

    An answer is an object with `count`, how many secrets were masked, or `error`, why the capture
    is unchanged; `count` is null if the file is gone. It may also have a `problem`, what was not
    searched, and a `warning`, which is about no capture.
    """
    salt: bytes | None = None
    for line in lines:
        answer: dict[str, Any] = {}
        if salt is None:
            salt, warning = _salt()
            if warning:
                answer["warning"] = warning
        try:
            asked = json.loads(line)
            also_mask(asked["names"])
            done = mask_capture(Path(asked["path"]), salt)
            answer["count"] = done.secret_count
            if done.problem:
                answer["problem"] = done.problem
        except FileNotFoundError:
            answer["count"] = None
        except Exception as error:  # the capture is unchanged; go on with the next
            answer["error"] = str(error) or type(error).__name__
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _salt() -> tuple[bytes, str | None]:
    """The user's salt, or a temporary one and a warning."""
    try:
        return user_salt(), None
    except OSError as error:
        return secrets.token_bytes(32), (
            f"cannot keep a salt for placeholders: {error}; "
            f"equal secrets get equal ones only within this run"
        )


def _step_aside() -> None:
    """Let everything else on the machine run first."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if hasattr(os, "SCHED_IDLE"):  # on Linux, others then need not wait for the end of a slice
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Serve on stdin and stdout, at low priority."""
    _step_aside()
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:  # the recorder was killed, and nobody reads the answers
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
