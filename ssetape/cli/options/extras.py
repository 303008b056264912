"""Imports of optional dependencies; if one is missing, the error says what to install."""

from importlib import import_module
from typing import Any

from ssetape.errors import RecordError, ReplayError, ViewError
from ssetape.output.refusals import not_installed

_NEEDED_BY_THE_PAGE = ("jinja2", "starlette", "uvicorn")


def import_inside() -> Any:
    """The module that runs mitmproxy.

    Raises:
        RecordError: mitmproxy is not installed.
    """
    try:
        from ssetape.addon import inside
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mitmproxy":
            raise
        raise RecordError(not_installed("this", "mitmproxy", "record", error)) from error
    return inside


def import_authority() -> Any:
    """The module that signs certificates.

    Raises:
        ReplayError: cryptography is not installed.
    """
    try:
        from ssetape.replay import authority
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        raise ReplayError(not_installed("TLS", "cryptography", "proxy", error)) from error
    return authority


def require_page() -> None:
    """Check that the page's dependencies are installed.

    Raises:
        ViewError: one is missing.
    """
    for name in _NEEDED_BY_THE_PAGE:
        try:
            import_module(name)
        except ImportError as error:
            raise ViewError(not_installed("the page", name, "view", error)) from error
