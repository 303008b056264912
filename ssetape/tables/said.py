"""What an exchange said, and when, as columns of `exchanges`: the figures of `ssetape stats`."""

from typing import NamedTuple

from ssetape.format import bounds
from ssetape.format.file import CaptureFile
from ssetape.meaning.answer import Answer, AnswerDraft
from ssetape.meaning.reading import Meaning
from ssetape.meaning.sayings import Saying
from ssetape.measures.measure import measure_with_answer
from ssetape.measures.measurement import Measurement, Meter
from ssetape.messages.reading import spoken

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
    return said_of(*measure_with_answer(capture))


def said_of(measured: Measurement, answer: Answer) -> Said:
    """The same of a capture that was read already."""
    if measured.protocol is None:
        return Said()
    milestones, tokens = measured.milestones, measured.tokens
    return Said(
        measured.protocol,
        None if measured.model is None else encodable(measured.model),
        _number(milestones.first_text_s),
        _number(milestones.last_text_s),
        bounds.integer(tokens.count) if tokens else None,
        tokens.reported if tokens else None,
        _number(measured.tokens_per_s),
        answer.text[:TEXT_LIMIT],
    )


class SaidReading:
    """Puts together what an exchange said, while its events are read."""

    def __init__(self, name: str) -> None:
        self._meter = Meter(name)
        self._draft = AnswerDraft()

    def add(self, saying: Saying, meaning: Meaning) -> None:
        """Add the next item of the stream."""
        message = spoken(saying.item) if saying.facts else None
        if message is not None:
            self._meter.said(message, list(saying.facts), meaning.protocol)
            for fact in saying.facts:
                self._draft.add(fact)

    def said(self, meaning: Meaning) -> Said:
        """What was said, all in all."""
        measured = self._meter.measured(meaning, [])
        return said_of(measured, self._draft.finished(measured.protocol, []))


def encodable(text: str) -> str:
    """Text without halves of UTF-16 pairs, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
