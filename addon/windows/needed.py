"""Loads what needs more than mitmproxy: packages that ssetape installs."""

from importlib import import_module
from types import ModuleType

from mitmproxy import exceptions

from ssetape.output.printable import printable

# The console shows no more than the beginning.
HOW_TO_INSTALL = (
    "needs what ssetape installs: pip install 'ssetape[record]', and start mitmproxy from there"
)


class NotInstalled(exceptions.CommandError):
    """A package is missing; mitmproxy's standalone program has none of them."""


def load(name: str) -> ModuleType:
    """The module of that name beside this one.

    Raises:
        NotInstalled: it needs a package that is not there.
    """
    try:
        return import_module(f"{__package__}.{name}")
    except ImportError as error:
        raise NotInstalled(f"{HOW_TO_INSTALL} ({printable(str(error))})") from error
