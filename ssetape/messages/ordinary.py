"""Tells streams from the ordinary responses that `--all` records beside them."""

from ssetape.format.file import CaptureFile
from ssetape.messages.detection import is_stream
from ssetape.messages.framing import EVENTS
from ssetape.messages.reading import MessageReader


def is_one_body(messages: MessageReader, count: int) -> bool:
    """Whether what was read so far is one body that no label calls a stream.

    That is: a page, an image, a document.

    Args:
        messages: what read it.
        count: how many messages were found in it.
    """
    head = messages.head
    if messages.is_websocket or head is None or is_stream(head.headers):
        return False
    return count <= 1 and messages.framing is not EVENTS


def is_ordinary(capture: CaptureFile) -> bool:
    """Whether a capture is one body, as in `is_one_body`; reads no more of it than that takes.

    Raises:
        CaptureError: the capture cannot be read.
    """
    response = capture.response
    if capture.is_websocket or response is None or is_stream(response.headers):
        return False
    messages = MessageReader(response, name=capture.name)
    for count, _ in enumerate(messages.read(capture.records()), 1):
        if not is_one_body(messages, count):
            return False
    return True
