"""Writes answers as protocols stream them: one module per protocol, found by its name.

The way back of the readers beside this package: facts in, the bytes of messages out; reading them
gives the same facts. A protocol of another package has its writer as an attribute `Writer`.

Pure.
"""

import pkgutil
from importlib import import_module
from typing import cast

from ssetape.errors import SsetapeError
from ssetape.output.did_you_mean import expected_one_of
from ssetape.protocols import all_protocols
from ssetape.protocols.writing._blocks import BlockWriter, Tokens

__all__ = ["BlockWriter", "Tokens", "names", "writer_of"]


def names() -> list[str]:
    """The protocols of this package that have a writer."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


def writer_of(name: str) -> type[BlockWriter]:
    """The writer of a protocol.

    Raises:
        SsetapeError: there is no such protocol, or it has no writer.
    """
    known = names()
    if name in known:
        module = import_module(f"{__name__}.{name.replace('-', '_')}")
        return cast(type[BlockWriter], module.Writer)
    for protocol in all_protocols():
        if name == protocol.NAME and hasattr(protocol, "Writer"):
            return cast(type[BlockWriter], protocol.Writer)
    raise SsetapeError(f"a protocol that can be written: {expected_one_of(known, name)}")
