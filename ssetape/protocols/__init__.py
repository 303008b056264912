"""What messages mean: one module a protocol, found by its name.

Another package can add one: an entry point in the group `ssetape.protocols` that names a module
(or any object) with the attributes of `Protocol`. Those are asked first.

Pure: messages in, facts out; no reader raises anything but `MessageError`.
"""

import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module, metadata
from typing import NamedTuple, cast
from typing import Protocol as Shape

from ssetape.errors import SsetapeError
from ssetape.facts import Fact
from ssetape.format.values import Request, Response
from ssetape.messages.message import StreamMessage

GROUP = "ssetape.protocols"
# So many messages are held until it is known what they mean.
FIRST_MESSAGES = 16


class Clues(NamedTuple):
    """What a protocol is recognised by.

    Attributes:
        request: the request.
        response: the response's head, if there was one.
        messages: the first messages, at most `FIRST_MESSAGES`; of a WebSocket those of both sides.
        is_websocket: whether it is one.
    """

    request: Request
    response: Response | None
    messages: list[StreamMessage]
    is_websocket: bool = False


class Reader(Shape):
    """Reads the messages of one exchange in order."""

    def read(self, message: StreamMessage) -> Iterable[Fact]:
        """Give what a message says.

        Raises:
            MessageError: it is not what the protocol has. The next one can be read all the same.
        """


class Protocol(Shape):
    """What a module here has.

    Attributes:
        NAME: the protocol, for people and for `--json`.
        Reader: makes a reader for one exchange.
    """

    NAME: str
    Reader: type[Reader]

    def recognises(self, clues: Clues) -> bool:
        """Whether an exchange speaks this protocol. Never by its host alone."""


def names() -> list[str]:
    """The protocols' modules here, in the order in which they are asked."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    own = sorted(name for name in found if not name.startswith("_"))
    own.remove("plain_text")  # it takes what nobody else recognises
    return [*own, "plain_text"]


@cache
def all_protocols() -> tuple[Protocol, ...]:
    """Every protocol, those of other packages first.

    Raises:
        SsetapeError: one of those cannot be loaded.
    """
    others = []
    for entry in sorted(metadata.entry_points(group=GROUP)):
        try:
            others.append(cast(Protocol, entry.load()))
        except Exception as error:  # whatever its code raises
            raise SsetapeError(
                f"the protocol {entry.name!r} ({entry.value}) cannot be loaded: {error!r}; "
                f"uninstall or mend the package that brings it"
            ) from error
    own = (cast(Protocol, import_module(f"{__name__}.{name}")) for name in names())
    return (*others, *own)


def recognise(clues: Clues, note: Callable[[str], None] = lambda problem: None) -> Protocol | None:
    """The protocol that an exchange speaks; None leaves it raw.

    Args:
        note: is given what went wrong where a protocol's own code fails; the others are asked.
    """
    for protocol in all_protocols():
        try:
            if protocol.recognises(clues):
                return protocol
        except Exception as error:  # a bug of the protocol, be it a plug-in's
            note(f"the protocol {protocol.NAME} failed to recognise the stream: {error!r}")
    return None
