"""The body's bytes, decoded from their Content-Encoding."""

from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import DecodingError, ExportError
from ssetape.format.values import WEBSOCKET
from ssetape.messages.decoding import BodyDecoder

SUFFIX = ".sse"
SEVERAL = False
LOSES = "the request, the head, times, chunk boundaries, Content-Encoding"
SUMMARY = "The body's bytes, decoded from their Content-Encoding."


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write bodies, each as it is read.

    Raises:
        ExportError: a capture is of a WebSocket, which has no body; or a body does not decode.
    """
    for capture in captures:
        if capture.kind == WEBSOCKET:
            raise ExportError(
                f"{capture.name} is a WebSocket capture: it has messages and no body. Export it as "
                f"jsonl or har"
            )
        try:
            decoder = BodyDecoder(capture.response.headers if capture.response else [])
            for chunk in capture.chunks():
                for piece in decoder.feed(chunk.data):
                    out.write(piece)
        except DecodingError as error:
            raise ExportError(
                f"{capture.name}: {error}; `ssetape show --raw` prints the bytes as received"
            ) from error
