"""The mitmproxy side: the only package that imports mitmproxy.

Modules of its rooms can be had from here, each loaded when it is asked for: `ssetape/addon.pyi`
tells type checkers the same.
"""

from importlib import import_module
from types import ModuleType

_ROOMS = {
    "recorder": (
        "clock",
        "ends",
        "flows",
        "masking",
        "ordinary",
        "peek",
        "recording",
        "settings",
        "websocket",
    ),
    "proxy": ("base_urls", "browser", "certificates", "inside", "program", "trust"),
}


def __getattr__(name: str) -> ModuleType:
    for room, modules in _ROOMS.items():
        if name in modules:
            return import_module(f"{__name__}.{room}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
