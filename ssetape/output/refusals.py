"""Refusals that several verbs share, each worded once. Pure."""

import errno
import os
from collections.abc import Iterable

# Another port helps against these: taken, or reserved for the administrator.
_BECAUSE_OF_THE_PORT = (errno.EADDRINUSE, errno.EACCES)


def cannot_listen(host: str, port: int, error: BaseException | None) -> str:
    """What to say of an address that a server cannot listen on.

    Args:
        error: what was raised; None if that is not known.
    """
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    reason, advice = str(error or "no reason given"), ""
    if isinstance(error, OSError):
        # asyncio's own text repeats the address. A name that is not found has a negative number.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        advice = "; port 0 picks a free one" if error.errno in _BECAUSE_OF_THE_PORT else ""
    return f"cannot listen on {place}: {reason}{advice}"


def no_captures(places: Iterable[str]) -> str:
    """What to say of files and folders without a capture."""
    named = ", ".join(f"{place!r:.200}" for place in places)
    return (
        f"there are no captures in {named}: `ssetape record` makes some; or name files or folders"
    )


def not_installed(what: str, package: str, extra: str, error: ImportError) -> str:
    """What to say of a package that `what` needs, and that cannot be imported."""
    is_missing = isinstance(error, ModuleNotFoundError)
    problem = "is not installed" if is_missing else f"cannot be imported ({error})"
    return f"{what} needs {package}, which {problem}: {how_to_install(extra)}"


def how_to_install(extra: str) -> str:
    """The commands that install one of ssetape's extras."""
    return f"pip install 'ssetape[{extra}]' (in a clone: uv sync --extra {extra})"
