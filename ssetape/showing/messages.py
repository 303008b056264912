"""A capture's messages and what they said, and their JSON objects for programs. Pure."""

from binascii import b2a_base64
from collections.abc import Callable, Iterator
from typing import Any

from ssetape.format.file import CaptureFile
from ssetape.format.values import Message
from ssetape.meaning.phrases import Phrase, in_words
from ssetape.meaning.sayings import Saying, Sayings
from ssetape.messages.message import Item, StreamMessage
from ssetape.messages.reading import MessageReader
from ssetape.showing.columns import shortened


def items_of(capture: CaptureFile, report: Callable[[str], object]) -> Iterator[Item]:
    """Yield a capture's messages in the order of the stream, with comments between events.

    Args:
        report: receives a remark about the stream at its end, if there is one.

    Raises:
        CaptureError: the capture cannot be read, or not to its end.
        DecodingError, EventTooLarge, FramingError: its body is damaged; the good part was given.
    """
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    yield from messages.read(capture.records())
    _finish(messages, report)


def sayings_of(
    capture: CaptureFile, report: Callable[[str], object], *, with_words: bool = True
) -> Iterator[Saying]:
    """Yield the same items, each with what it added to the answer, if that is asked for."""
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    request = capture.request if with_words else None
    yield from Sayings(request, messages).read(capture.records())
    _finish(messages, report)


def _finish(messages: MessageReader, report: Callable[[str], object]) -> None:
    if messages.damage is not None:
        raise messages.damage
    problem = remark_on(messages)
    if problem is not None:
        report(problem)


def remark_on(messages: MessageReader) -> str | None:
    """A remark about a stream after its last message, if it needs one."""
    if messages.is_unframed:
        return "the body has no messages, as it is not a stream: try --chunks or --raw"
    unfinished = messages.unfinished()
    if unfinished is None:
        return None
    return (
        f"the stream ends within an event, which starts at byte {unfinished.start} and which "
        f"clients never see: {shortened(unfinished.data, 60)!r}"
    )


def fields(
    item: StreamMessage | Message, text: str, phrases: list[Phrase] | None
) -> dict[str, Any]:
    """The JSON object for one message, documented in `docs/json.md`.

    Args:
        text: the data, or the selected part.
        phrases: what it added to the answer, or None if that is unknown.
    """
    said = None if phrases is None else in_words(phrases)
    if isinstance(item, Message):
        is_text = item.text is not None
        return {
            "t": item.t_s,
            "from": "client" if item.from_client else "server",
            "type": "text" if item.is_text else "binary",
            "size": len(item.data),
            "data": text if is_text else None,
            "base64": None if is_text else b2a_base64(item.data, newline=False).decode(),
            "dropped": item.dropped,
            "injected": item.injected,
            "said": said,
        }
    return {
        "t": item.t_s,
        "t_first": item.t_first_s,
        "event": item.name,
        "data": text,
        "id": item.event_id,
        "retry": item.retry_ms,
        "said": said,
    }
