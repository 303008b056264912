"""Finds the captured JSON-RPC request that a client asks under another number."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from hashlib import sha256

from . import jsonrpc

# Turns that are remembered; the least recently used goes first.
_TURNS = 10_000


class RpcNumbers:
    """The captured requests that are JSON-RPC, by everything but their number.

    Args:
        bodies: those of all captured requests, in recorded order.
    """

    def __init__(self, bodies: Iterable[bytes]) -> None:
        self._bodies: dict[bytes, list[bytes]] = {}
        self._turns: OrderedDict[Hashable, int] = OrderedDict()
        for body in bodies:
            if (content := jsonrpc.content(body)) is not None:
                known = self._bodies.setdefault(_digest(content), [])
                if body not in known:
                    known.append(body)

    def as_captured(self, body: bytes, client: Hashable) -> bytes:
        """The captured body that differs only in its number; the same body if there is none.

        If a call was captured several times, each client gets them in turn.
        """
        content = jsonrpc.content(body) if self._bodies else None
        if content is None:
            return body
        digest = _digest(content)
        known = self._bodies.get(digest, [body])
        turn = self._turns.pop((digest, client), 0)
        self._turns[digest, client] = turn + 1
        if len(self._turns) > _TURNS:
            self._turns.popitem(last=False)
        return body if body in known else known[turn % len(known)]


def _digest(content: bytes) -> bytes:
    return sha256(content).digest()
