"""The folder that captures, or what recording needs, are written to."""

import tempfile
from pathlib import Path

from ssetape.errors import RecordError


def make_folder(folder: Path, what: str, hint: str) -> None:
    """Make a folder, for this user alone, if it is missing.

    Args:
        what: what is to be written there, for the message.
        hint: what to do if that cannot be.

    Raises:
        RecordError: nothing can be written there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # new, whatever else lies there
    except OSError as error:
        raise RecordError(
            f"cannot write {what} to {folder}: {error.strerror or error}; {hint}"
        ) from error
