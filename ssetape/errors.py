"""What can go wrong in ssetape, one class for whoever has to act.

`SsetapeError` is the base. Any other exception out of the parser, the reader, the matcher
or the server's pure parts is a bug.
"""

from typing import Any


class SsetapeError(Exception):
    """The base of all errors that ssetape raises on purpose; its text is for people."""


class EventTooLarge(SsetapeError):
    """An event (or one line of a stream) grew past the parser's limit without ending.

    Attributes:
        start: offset in the stream of the event's first byte.
        limit_bytes: the limit that was passed.
        events: the events that were complete before it, so that nothing is lost.
    """

    def __init__(self, start: int, limit_bytes: int, events: list[Any]) -> None:
        super().__init__(
            f"event stream: the event at byte {start} passed {limit_bytes} bytes without ending; "
            f"if it is meant to be so large, give the parser a larger limit_bytes"
        )
        self.start = start
        self.limit_bytes = limit_bytes
        self.events = events


class CaptureError(SsetapeError):
    """A capture cannot be read (further): not a capture, another version, or damaged.

    Attributes:
        path: the file.
        line: the line the trouble is in, counted from 1, or None for the file as a whole.
    """

    def __init__(self, path: object, line: int | None, problem: str) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line


class DecodingError(SsetapeError):
    """A body does not decode as its Content-Encoding says; it can still be shown raw."""


class ReplayError(SsetapeError):
    """Captures cannot be replayed: none found, none usable, or the port cannot be had."""


class RecordError(SsetapeError):
    """Recording cannot start: a busy port, a folder that cannot be written, no mitmproxy."""


class RecordOptionError(RecordError):
    """An option for recording means nothing: no filter, no mode, no option of mitmproxy."""


class SourceError(SsetapeError):
    """A file of another tool, or something in it, is not what can be imported."""


class ExportError(SsetapeError):
    """A capture cannot be written in the form asked for, or what that needs is not installed."""


class QueryError(SsetapeError):
    """A statement of SQL is refused or fails, or what runs it is not installed."""


class FramingError(SsetapeError):
    """A body is not framed as its label says; it can still be shown raw."""


class MessageError(SsetapeError):
    """A message is not what its protocol has; the others can still be read."""


class ViewError(SsetapeError):
    """The local page cannot be served."""
