"""Re-streams captures: same bytes, same chunk boundaries, same moments.

Modules of its rooms can be had from here, each loaded when it is asked for: `ssetape/replay.pyi`
tells type checkers the same.
"""

from importlib import import_module
from types import ModuleType

_ROOMS = {
    "matching": ("rules",),
    "answers": ("answerer", "conditional", "cors", "pages", "resuming"),
    "wire": ("tls", "websocket", "websocket_schedule"),
}


def __getattr__(name: str) -> ModuleType:
    for room, modules in _ROOMS.items():
        if name in modules:
            return import_module(f"{__name__}.{room}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
