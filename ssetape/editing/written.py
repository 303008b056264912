"""Writes chunks and messages that may have marks of what is masked."""

from typing import Any

from ssetape.editing.source import Span
from ssetape.format.values import Chunk, Message
from ssetape.format.writer import CaptureWriter


def chunk(writer: CaptureWriter, chunk: Chunk, masked: list[Span] | None = None) -> None:
    """Write a chunk; raises OSError."""
    if not masked:
        writer.chunk(chunk.t_s, chunk.data)
        return
    # A record of a message with marks is one of a chunk with marks.
    marks = {"masked": sorted(masked)}
    writer.message(chunk.t_s, chunk.data, False, _is_utf8(chunk.data), marks)


def message(writer: CaptureWriter, message: Message, masked: list[Span] | None = None) -> None:
    """Write a message of a WebSocket; raises OSError."""
    marks: dict[str, Any] = {
        name: True for name in ("dropped", "injected") if getattr(message, name)
    }
    if masked:
        marks["masked"] = sorted(masked)
    writer.message(message.t_s, message.data, message.from_client, message.is_text, marks)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
