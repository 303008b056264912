"""Replays captures: same bytes, same chunk boundaries, same times.

The modules of its subpackages can be imported from here; each is loaded on first use. For type
checkers, `ssetape/replay.pyi` lists them.
"""

from importlib import import_module
from types import ModuleType

_ROOMS = {
    "matching": ("ladder", "rules", "turns"),
    "sessions": ("cues",),
    "answers": ("answerer", "conditional", "cors", "guard", "limit", "pages", "resuming"),
    "proxying": ("authority", "front", "identities"),
    "workers": ("listening", "supervisor"),
    "wire": ("tls", "websocket", "websocket_schedule"),
}


def __getattr__(name: str) -> ModuleType:
    for room, modules in _ROOMS.items():
        if name in modules:
            return import_module(f"{__name__}.{room}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
