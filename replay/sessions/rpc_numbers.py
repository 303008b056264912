"""Finds the captured JSON-RPC request that a client asks under another number."""

from collections.abc import Hashable, Iterable
from hashlib import sha256

from ..counts import Counts, OwnCounts
from . import jsonrpc


class RpcNumbers:
    """The captured requests that are JSON-RPC, by everything but their number.

    Args:
        bodies: those of all captured requests, in recorded order.

    Attributes:
        turns: how often each client has made a call that was captured several times.
    """

    def __init__(self, bodies: Iterable[bytes]) -> None:
        self._bodies: dict[bytes, list[bytes]] = {}
        self.turns: Counts = OwnCounts()
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
        turn = self.turns.next((digest, client))
        return body if body in known else known[turn % len(known)]


def _digest(content: bytes) -> bytes:
    return sha256(content).digest()
