"""What of a response goes on the wire, and when: its pieces. Pure: parts in, pieces out."""

from collections.abc import Iterable, Iterator
from enum import Enum

from ssetape.format.values import Chunk, End, Headers, Trailers

from . import framing
from .faults.fault import RESET
from .pacing import Pacer


class Cut(Enum):
    """How a connection ends before its response does."""

    CLOSE = "close"
    RESET = "reset"


# What goes on the wire and when it is due, in ns since the request.
Piece = tuple[int, bytes | Cut]


def body_pieces(
    parts: Iterable[Chunk | Trailers | End], head_s: float, head: framing.Head, pacer: Pacer
) -> Iterator[Piece]:
    """Give what follows the head of a response: chunks, and its end as it was.

    What did not end as complete is cut at the moment when it ended, and what was interrupted
    right after its last chunk. No more is given than a Content-Length has promised.

    Raises:
        CaptureError: the capture turns out to be damaged; what came before was given.
    """
    if head.framing is framing.Framing.NONE:
        return  # HEAD, 204 and 304 are over with their head
    pacer.due_ns(head_s)
    promised_bytes = head.length_bytes
    trailers: Headers = []
    for part in parts:
        if type(part) is Chunk:
            t_s, data = part
            if promised_bytes is not None:
                data = data[:promised_bytes]
                promised_bytes -= len(data)
            yield pacer.due_ns(t_s), framing.chunk(head.framing, data)
        elif type(part) is Trailers:
            trailers = part.headers
        elif type(part) is End:
            due_ns = pacer.due_ns(part.t_s)
            if not part.is_complete or promised_bytes:
                yield due_ns, Cut.RESET if part.reason == RESET else Cut.CLOSE
            else:
                yield due_ns, framing.last(head.framing, trailers)
            return
    yield pacer.due_ns(0.0), Cut.CLOSE
