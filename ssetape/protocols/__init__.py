"""Reads the meaning of messages: one module per protocol, found by its name.

Another package can add one: an entry point in the group `ssetape.protocols` that names a module
(or any object) with the attributes of `Protocol`. Those are tried first.

Pure: messages in, facts out; readers raise only `MessageError`.
"""

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module, metadata
from typing import NamedTuple, cast
from typing import Protocol as Shape

from ssetape.errors import SsetapeError
from ssetape.facts import Fact
from ssetape.format.values import Request, Response
from ssetape.messages.message import StreamMessage
from ssetape.protocols._conventions import parsed_once

GROUP = "ssetape.protocols"
# At most this many messages are held until their protocol is recognised.
FIRST_MESSAGES = 16
# They accept what no other module recognises.
LAST = ("json_error", "plain_text")


class Clues(NamedTuple):
    """What a protocol is recognised by.

    Attributes:
        request: the request.
        response: the response head, if there was one.
        messages: the first messages, at most `FIRST_MESSAGES`; from both sides in a WebSocket.
        is_websocket: whether the exchange is a WebSocket.
    """

    request: Request
    response: Response | None
    messages: list[StreamMessage]
    is_websocket: bool = False


class Reader(Shape):
    """Reads the messages of one exchange in order."""

    def read(self, message: StreamMessage) -> Iterable[Fact]:
        """Yield the facts in a message.

        Raises:
            MessageError: it does not follow the protocol. The next message can still be read.
        """


class TypedReader(ABC):
    """A reader that has a faster way for the messages that come most.

    The types of its facts are not checked again: a decoder has checked them.
    """

    @abstractmethod
    def read_typed(self, message: StreamMessage) -> list[Fact] | None:
        """The facts in a message, as `read` yields them; None if the message is left to `read`."""


class Protocol(Shape):
    """The attributes of a protocol's module.

    Attributes:
        NAME: the protocol's name, for people and for `--json`.
        Reader: creates a reader for one exchange.
    """

    NAME: str
    Reader: type[Reader]

    def recognises(self, clues: Clues) -> bool:
        """Whether an exchange speaks this protocol. The host alone must not decide this."""


def names() -> list[str]:
    """The protocol modules of this package, in the order in which they are tried."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    own = sorted(name for name in found if not name.startswith("_"))
    return [*(name for name in own if name not in LAST), *LAST]


@cache
def all_protocols() -> tuple[Protocol, ...]:
    """Every protocol, those of other packages first.

    Raises:
        SsetapeError: a protocol of another package cannot be loaded.
    """
    others = []
    for entry in sorted(metadata.entry_points(group=GROUP)):
        try:
            protocol = cast(Protocol, entry.load())
            if not (type(protocol.NAME) is str and callable(protocol.Reader)):
                raise TypeError("its NAME is no string, or its Reader cannot be called")
            others.append(protocol)
        except Exception as error:  # whatever its code raises
            raise SsetapeError(
                f"the protocol {entry.name!r} ({entry.value}) cannot be loaded: {error!r}; "
                f"uninstall or fix the package that provides it"
            ) from error
    own = (cast(Protocol, import_module(f"{__name__}.{name}")) for name in names())
    return (*others, *own)


def recognise(
    clues: Clues, failed: Callable[[str, Exception], None] = lambda name, error: None
) -> Protocol | None:
    """The protocol that an exchange speaks; None if it is unknown.

    Args:
        failed: receives the name and the error of a protocol whose code fails; the others are
            still tried.
    """
    try:
        for protocol in all_protocols():
            try:
                if protocol.recognises(clues):
                    return protocol
            except Exception as error:  # a bug in the protocol's code, maybe a plug-in
                failed(protocol.NAME, error)
    finally:
        parsed_once.cache_clear()
    return None
