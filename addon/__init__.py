"""The mitmproxy side: the only package that imports mitmproxy.

The modules of its subpackages can be imported from here; each is loaded on first use. For type
checkers, `ssetape/addon.pyi` lists them.
"""

from importlib import import_module
from types import ModuleType

_ROOMS = {
    "recorder": (
        "changed_stream",
        "clock",
        "crashes",
        "ends",
        "flow_recording",
        "flows",
        "hangup",
        "modify_body",
        "ordinary",
        "peek",
        "redirects",
        "settings",
        "substitution",
        "summary",
        "trailers",
        "units",
        "unreachable",
        "websocket",
    ),
    "faults": ("live",),
    "proxy": (
        "base_urls",
        "browser",
        "browsers_own",
        "inside",
        "program",
        "trust",
    ),
    "windows": (
        "commands",
        "marks",
        "window",
    ),
}


def __getattr__(name: str) -> ModuleType:
    for room, modules in _ROOMS.items():
        if name in modules:
            return import_module(f"{__name__}.{room}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
