"""Walks through the pieces of a response."""

from collections.abc import Iterator

from .pieces import Piece
from .sessions.cued import CuedPieces


class Cursor:
    """The next piece of a response, and when it is due."""

    __slots__ = ("_pieces", "_start_ns", "due_ns", "piece")

    def __init__(self, pieces: Iterator[Piece], start_ns: int) -> None:
        self._pieces = pieces
        self._start_ns = start_ns
        self.move()

    def move(self) -> None:
        """Go to the next piece.

        Raises:
            StopIteration: no piece is left.
            SsetapeError: the capture is damaged.
        """
        due_ns, self.piece = next(self._pieces)
        self.due_ns = self._start_ns + due_ns

    def again(self) -> None:
        """Ask anew for this piece, which has to be of `CuedPieces`."""
        assert isinstance(self._pieces, CuedPieces)
        due_ns, self.piece = self._pieces.again()
        self.due_ns = self._start_ns + due_ns

    def postpone(self, ns: int) -> None:
        """Delay this piece and all that follow."""
        self._start_ns += ns
        self.due_ns += ns

    def clear(self) -> None:
        """Drop all pieces."""
        self._pieces = iter(())
