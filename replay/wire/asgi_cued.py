"""Waits for the pieces of an answer in the ASGI application."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

from ..pieces import Abort, Piece, Wait
from ..sessions.cued import CuedPieces
from ..stream import PATIENCE_NS
from ..timer import now_ns


async def as_due(
    pieces: Iterator[Piece],
    asked_ns: int,
    until: Callable[[int], Awaitable[None]],
    give_up: Callable[[list[str]], bool],
) -> AsyncGenerator[bytes | Abort, None]:
    """Yield pieces when they are due.

    Args:
        asked_ns: when the answer was asked, as `timer.now_ns()`.
        until: waits for a moment.
        give_up: as in `until_due`.
    """
    try:
        for due_ns, data in pieces:
            if isinstance(pieces, CuedPieces):
                yield await until_due(pieces, (due_ns, data), asked_ns, give_up)
            else:
                assert not isinstance(data, Wait)
                await until(asked_ns + due_ns)
                yield data
    finally:
        if isinstance(pieces, CuedPieces):
            pieces.close()


async def until_due(
    pieces: CuedPieces, piece: Piece, asked_ns: int, give_up: Callable[[list[str]], bool]
) -> bytes | Abort:
    """Wait until a piece is due, and return it; other requests may put another in its place.

    Args:
        asked_ns: when the stream was asked, as `timer.now_ns()`.
        give_up: called with the requests that it waits for in vain; returns whether to cut it.
    """
    due_ns, data = piece
    came = asyncio.Event()
    pieces.on_change = came.set
    is_told = False
    while (left_ns := asked_ns + due_ns - now_ns()) > 0:
        came.clear()
        limit_ns: int | None = left_ns
        if isinstance(data, Wait):
            limit_ns = None if is_told or not pieces.waits_for else PATIENCE_NS
        try:
            await asyncio.wait_for(came.wait(), None if limit_ns is None else limit_ns / 1e9)
        except TimeoutError:
            if isinstance(data, Wait):
                is_told = True
                if give_up(pieces.waits_for):
                    return Abort.CLOSE
        else:
            due_ns, data = pieces.again()
    assert not isinstance(data, Wait)
    return data
