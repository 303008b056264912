"""The events and messages of a capture as the rows that text formats share."""

from collections.abc import Iterator
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import WEBSOCKET
from ssetape.meaning.reading import Meaning
from ssetape.tables.rows import plain

Row = tuple[Any, ...]


def event_rows(capture: Capture, problems: list[str]) -> Iterator[Row]:
    """Give (capture, number, t_s, t_first_s, gap_s, kind, direction, event, id, data, bytes).

    `data` is None where `bytes` has what is no text. Damage is told to `problems`.
    """
    name = plain(capture.name)
    before_s = None
    try:
        for number, (t_s, *others) in enumerate(_values(capture, problems)):
            gap_s = None if before_s is None else round(t_s - before_s, 6)
            before_s = t_s
            yield (name, number, t_s, others[0], gap_s, *others[1:])
    except CaptureError as error:
        problems.append(str(error))
    problems += [f"{capture.name}: {problem}" for problem in capture.problems]


def _values(capture: Capture, problems: list[str]) -> Iterator[Row]:
    if capture.kind == WEBSOCKET:
        for message in capture.messages():
            text = message.text
            kind = "text" if message.is_text else "binary"
            direction = "out" if message.from_client else "in"
            data = message.data if text is None else None
            yield (message.t_s, None, "message", direction, kind, None, text, data)
        return
    meaning = Meaning(capture)
    for each in meaning.messages():
        kind = "event" if each.name else "line"
        names = (each.name or None, each.event_id or None)
        yield (each.t_s, each.t_first_s, kind, "in", *names, each.data, None)
    problems += [f"{capture.name}: {problem}" for problem in meaning.problems]
