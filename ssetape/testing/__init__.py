"""Tests against recorded streams: the pytest plugin, and the types of its fixtures.

    from ssetape.testing import ReplayedServer

    def test_answer(ssetape_server: ReplayedServer) -> None:
        ...

pytest loads this package in every run, so the types are imported only when used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import ReplayedApp as ReplayedApp
    from .requested import Requested as Requested
    from .server import ReplayedServer as ReplayedServer
    from .servers import ReplayedServers as ReplayedServers

_MODULES = {
    "ReplayedApp": "app",
    "ReplayedServer": "server",
    "ReplayedServers": "servers",
    "Requested": "requested",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
