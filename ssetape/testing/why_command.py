"""The command in a failed test's report that compares a request with the captures again."""

import os
import shlex
import tempfile
from collections.abc import Sequence

from ssetape.output.printable import printable_lines

# A longer body would hide the command that it belongs to.
_INLINE_BYTES = 1000
# A command names up to this many captures one by one.
_NAMED = 3


def why_command(asked: str, body: bytes, matching: Sequence[str], files: Sequence[str]) -> str:
    """The `ssetape why` command that sees what the test's server saw, for a POSIX shell.

    A body that is long, or that a terminal would not show as it is, is kept in a temporary file.

    Args:
        asked: the method and target.
        matching: the options for how closely a request must match.
        files: the captures.
    """
    if len(files) > _NAMED:
        files = [os.path.commonpath([os.path.dirname(file) or "." for file in files])]
    if not body:
        return shlex.join(["ssetape", "why", asked, *matching, *files])
    text = _inline(body)
    if text is None:
        return shlex.join(["ssetape", "why", asked, "--body", _kept(body), *matching, *files])
    command = shlex.join(["ssetape", "why", asked, "--body", "-", *matching, *files])
    return f"printf %s {shlex.quote(text)} | {command}"


def _inline(body: bytes) -> str | None:
    """The body as text that can be copied from a terminal; None if it cannot."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if len(body) <= _INLINE_BYTES and printable_lines(text) == text else None


def _kept(body: bytes) -> str:
    """The path of a new file with the body, which stays after the tests."""
    # Readable for this user alone: a body may hold what is secret.
    handle, path = tempfile.mkstemp(prefix="ssetape-request-")
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    return path
