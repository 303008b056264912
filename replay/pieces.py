"""What of a response goes on the wire, and when: its pieces. Pure: parts in, pieces out."""

from collections.abc import Iterable, Iterator
from enum import Enum

from ssetape.format.values import Chunk, End, Headers, Trailers

from . import body_framing
from .faults.fault import RESET
from .pacing import Pacer


class Abort(Enum):
    """How a connection ends before its response does."""

    CLOSE = "close"
    RESET = "reset"


# What goes on the wire and when it is due, in ns since the request.
Piece = tuple[int, bytes | Abort]


def body_pieces(
    parts: Iterable[Chunk | Trailers | End], head_s: float, head: body_framing.Head, pacer: Pacer
) -> Iterator[Piece]:
    """Give what follows the head of a response: chunks, and its end as it was.

    What did not end as complete is cut at the moment when it ended, and what was interrupted
    right after its last chunk. No more is given than a Content-Length has promised.

    Raises:
        CaptureError: the capture turns out to be damaged; what came before was given.
    """
    if head.framing is body_framing.BodyFraming.NONE:
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
            yield pacer.due_ns(t_s), body_framing.chunk(head.framing, data)
        elif type(part) is Trailers:
            trailers = part.headers
        elif type(part) is End:
            due_ns = pacer.due_ns(part.t_s)
            if not part.is_complete or promised_bytes:
                yield due_ns, Abort.RESET if part.reason == RESET else Abort.CLOSE
            else:
                yield due_ns, body_framing.last(head.framing, trailers)
            return
    yield pacer.due_ns(0.0), Abort.CLOSE
