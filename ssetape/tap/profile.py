"""The folder in which a browser keeps what it knows of a user: one that is kept, or thrown away."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from ssetape.errors import RecordError, TapError

_REMOVE_TRIES = 50
_REMOVE_PAUSE_S = 0.1


def default_profile(browser: str) -> Path:
    """Where the kept profile is, unless the user says: in the user's data folder.

    Args:
        browser: the browser's program. One from a snap sees only the snap's own folder.
    """
    home = Path.home()
    parts = Path(browser).parts
    if len(parts) > 1 and parts[1] == "snap":
        return home / "snap" / parts[-1] / "common" / "ssetape" / "browser"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "ssetape" / "browser"
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if os.path.isabs(data) else home / ".local" / "share") / "ssetape/browser"


def prepare_profile(folder: Path) -> Path:
    """Make the folder if it is missing, for this user alone; gives its absolute path.

    Raises:
        TapError: it cannot be made or written to.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise TapError(
            f"cannot make the browser's profile {folder}: {error.strerror or error}; "
            f"choose another with --profile, or --throw-away"
        ) from error
    if not usable:
        raise TapError(
            f"the browser's profile {folder} is not writable; "
            f"choose another with --profile, or --throw-away"
        )
    return folder


async def remove_profile(folder: Path) -> None:
    """Remove it; retries, because exiting browser processes may still write to it.

    Raises:
        RecordError: it is still there.
    """
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        await asyncio.sleep(_REMOVE_PAUSE_S)
    raise RecordError(f"cannot remove the browser's profile: {folder}")
