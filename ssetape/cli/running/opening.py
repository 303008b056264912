"""Opens a URL with a secret in the browser, without telling it to other users of the machine."""

import html
import os
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Open a URL in the browser; it stays readable for the browser while the block runs.

    All users see the arguments of every process. So the browser gets a file that only this user
    can read, and that leads on to the URL.
    """
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(url)}">'
    with tempfile.NamedTemporaryFile(
        "w", prefix="ssetape-", suffix=".html", dir=_folder(), encoding="utf-8"
    ) as file:
        file.write(page)
        file.flush()
        webbrowser.open(Path(file.name).as_uri())
        yield


def _folder() -> str | None:
    """The folder for the file; None for that of temporary files."""
    # Browsers that are snaps, as on Ubuntu, see no temporary files but their own.
    home = Path.home()
    return str(home) if Path("/snap/bin").is_dir() and os.access(home, os.W_OK) else None
