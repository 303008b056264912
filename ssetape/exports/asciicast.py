"""The typed answer as a terminal recording, for asciinema and its web player.

https://docs.asciinema.org/manual/asciicast/v3/
"""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.format import bounds
from ssetape.meaning.typing_effect import typed_text
from ssetape.output.printable import printable_lines

SUFFIX = ".cast"
SEVERAL = False
LOSES = "everything except the text and its rhythm"
SUMMARY = "The answer as it was typed, for asciinema (asciicast v3)."

_COLUMNS, _ROWS = 100, 30
_CLEAR = "\x1b[2J\x1b[H"


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write recordings, each piece as it is read.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    for capture in captures:
        request = capture.request
        header: dict[str, Any] = {"version": 3, "term": {"cols": _COLUMNS, "rows": _ROWS}}
        started = bounds.started(capture.started)
        if started is not None:
            header["timestamp"] = int(started.timestamp())
        header["title"] = f"{request.method} {request.url}"
        _line(out, header)
        before_s = 0.0
        for t_s, text, replaces in typed_text(capture, problems):
            # Intervals are rounded; their errors must not add up.
            interval_s = round(max(0.0, t_s - before_s), 6)
            before_s += interval_s
            _line(out, [interval_s, "o", _CLEAR * replaces + on_a_terminal(text)])
        end = capture.end
        if end is not None and end.t_s > before_s:
            _line(out, [round(end.t_s - before_s, 6), "m", end.reason])
    if problems:
        raise ExportError(*problems)


def on_a_terminal(text: str) -> str:
    """The text for a terminal: line feeds as CRLF, control characters escaped."""
    return printable_lines(text).replace("\n", "\r\n")


def _line(out: BinaryIO, value: object) -> None:
    out.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
