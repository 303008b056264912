"""What an exchange said, and when, as columns of `exchanges`: the figures of `ssetape stats`."""

from typing import NamedTuple

from ssetape.format import bounds
from ssetape.format.file import CaptureFile
from ssetape.measures.measure import measure_with_answer

# Characters of an answer's text: more than any model writes. Tables hold several rows at a time.
TEXT_LIMIT = 1_000_000


class Said(NamedTuple):
    """The columns that need a protocol: see `columns.EXCHANGES`; None where nothing is known."""

    protocol: str | None = None
    model: str | None = None
    first_text_s: float | None = None
    last_text_s: float | None = None
    tokens: int | None = None
    tokens_reported: bool | None = None
    tokens_per_s: float | None = None
    text: str | None = None


def said(capture: CaptureFile) -> Said:
    """What a capture said; reads and interprets all of it.

    Raises:
        CaptureError: it cannot be read, or only in part; `stats` leaves it out as well.
    """
    measured, answer = measure_with_answer(capture)
    if measured.protocol is None:
        return Said()
    milestones, tokens = measured.milestones, measured.tokens
    return Said(
        measured.protocol,
        _encodable(measured.model),
        _number(milestones.first_text_s),
        _number(milestones.last_text_s),
        bounds.integer(tokens.count) if tokens else None,
        tokens.reported if tokens else None,
        _number(measured.tokens_per_s),
        answer.text[:TEXT_LIMIT],
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _encodable(text: str | None) -> str | None:
    """Text without halves of UTF-16 pairs, which JSON can spell and UTF-8 cannot."""
    return None if text is None else text.encode("utf-8", "replace").decode()
