"""The pieces of a response: what goes on the wire, and when. Pure: parts in, pieces out."""

from collections.abc import Iterable, Iterator
from enum import Enum

from ssetape.format.values import Chunk, End, Headers, Trailers

from . import body_framing
from .faults.fault import RESET
from .pacing import Pacer


class Abort(Enum):
    """How a connection is cut before its response is complete."""

    CLOSE = "close"
    RESET = "reset"


class Wait(Enum):
    """Why it is not known yet when the next piece is due."""

    FOR_REQUEST = "request"  # of the same session
    FOR_CLIENT = "client"  # it has to leave, as the recorded one did


# When it is due, in ns since the request, and what goes on the wire.
Piece = tuple[int, bytes | Abort | Wait]


def body_pieces(
    parts: Iterable[Chunk | Trailers | End], head_s: float, head: body_framing.Head, pacer: Pacer
) -> Iterator[Piece]:
    """Yield what follows the head of a response: the chunks, and the end as recorded.

    A response that ended incomplete is cut at the moment of its end; one without a recorded end,
    right after its last chunk. No bytes beyond a Content-Length are given.

    Raises:
        CaptureError: the capture is damaged; what comes before the damage is given first.
    """
    if head.framing is body_framing.BodyFraming.NONE:
        return  # responses to HEAD, 204 and 304 end with their head
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
