"""The exceptions that ssetape raises, grouped by who can act on them.

`SsetapeError` is their base. Any other exception from the parser, the reader, the matcher or the
server's pure parts is a bug.
"""

from typing import Any


class SsetapeError(Exception):
    """The base of all errors that ssetape raises on purpose; their text is for people."""


class EventTooLarge(SsetapeError):
    """An event (or a line of a stream) exceeded the parser's limit before it ended.

    Attributes:
        start: offset in the stream of the event's first byte.
        limit_bytes: the limit it exceeded.
        events: the complete events before it, so that none is lost.
    """

    def __init__(self, start: int, limit_bytes: int, events: list[Any]) -> None:
        super().__init__(
            f"event stream: the event at byte {start} exceeded {limit_bytes} bytes "
            f"before it ended; if events can be this large, give the parser a larger limit_bytes"
        )
        self.start = start
        self.limit_bytes = limit_bytes
        self.events = events


class CaptureError(SsetapeError):
    """A capture cannot be read, or only in part: another file type or version, or damaged.

    Attributes:
        path: the file.
        line: the line with the problem, counted from 1, or None for the file as a whole.
    """

    def __init__(self, path: object, line: int | None, problem: str) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line


class DecodingError(SsetapeError):
    """A body cannot be decoded as its Content-Encoding says; it can still be shown raw."""


class ReplayError(SsetapeError):
    """Captures cannot be replayed: none found, none usable, or the port is taken."""


class RecordError(SsetapeError):
    """Recording cannot start: a busy port, a folder that is not writable, no mitmproxy."""


class RecordOptionError(RecordError):
    """A recording option is invalid: not a filter, a mode or an option of mitmproxy."""


class TapError(RecordError):
    """A browser cannot be recorded from inside: none found, not started, or not reachable."""


class SourceError(SsetapeError):
    """Another tool's file, or a part of it, cannot be imported."""


class LineError(SourceError):
    """A line of a file is wrong.

    Attributes:
        number: the line, counted from 1.
        problem: what is wrong with it.
    """

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"line {number}: {problem}")
        self.number = number
        self.problem = problem


class EditError(SsetapeError):
    """A capture cannot be edited as asked."""


class ExportError(SsetapeError):
    """A capture cannot be exported to a format, or what the export needs is not installed.

    Its arguments are the problems, one for each capture.
    """

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))


class QueryError(SsetapeError):
    """An SQL statement is refused or fails, or the engine for it is not installed."""


class FramingError(SsetapeError):
    """A body is not framed as its Content-Type says; it can still be shown raw."""


class MessageError(SsetapeError):
    """A message does not follow its protocol; the others can still be read."""


class ViewError(SsetapeError):
    """The local page cannot be served."""
