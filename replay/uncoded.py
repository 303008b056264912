"""Takes the Content-Encoding off a body that is to be changed. Pure."""

from collections.abc import Iterable, Iterator

from ssetape.format.values import Chunk, Headers, Response
from ssetape.messages.decoding import BodyDecoder, held

from .shelf import Part


def uncoded(parts: Iterable[Part], response: Response) -> Iterator[Part]:
    """The parts with their chunks decoded; a chunk that decodes to nothing is left out.

    Args:
        response: the head, with the Content-Encoding.
    """
    decoder = BodyDecoder(response.headers)
    for part in parts:
        if isinstance(part, Chunk):
            data = held(decoder.feed(part.data))
            if data:
                yield Chunk(part.t_s, data)
        else:
            yield part


def without(headers: Headers, *dropped: str) -> Headers:
    """The headers except those of these names, which are in lower case."""
    return [(name, value) for name, value in headers if name.lower() not in dropped]
