"""Measures a capture and assembles its answer in one reading of its file."""

from collections.abc import Iterator

from ssetape.format.file import CaptureFile
from ssetape.format.plain_blocks import Plain
from ssetape.meaning.answer import Answer, AnswerDraft
from ssetape.meaning.reading import Meaning, Understood
from ssetape.measures.distribution import Distribution
from ssetape.measures.measurement import Measurement, Meter
from ssetape.measures.milestones import Milestones
from ssetape.messages.reading import spoken


def measure(capture: CaptureFile) -> Measurement:
    """Measure a capture, reading its file once, in bounded memory.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    meaning, meter = Meaning.of(capture), Meter(capture.name)
    for understood in _read(capture, meaning, meter):
        meter.said_all(understood, meaning.protocol)
    return meter.measured(meaning, capture.problems)


def measure_with_answer(capture: CaptureFile) -> tuple[Measurement, Answer]:
    """Measure a capture and assemble its answer, reading its file once.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    meaning, meter, draft = Meaning.of(capture), Meter(capture.name), AnswerDraft()
    for understood in _read(capture, meaning, meter):
        meter.said_all(understood, meaning.protocol)
        for _, facts in understood:
            for fact in facts:
                draft.add(fact)
    answer = draft.finished(meaning.protocol, [*meaning.problems, *capture.problems])
    return meter.measured(meaning, capture.problems), answer


def _read(capture: CaptureFile, meaning: Meaning, meter: Meter) -> Iterator[list[Understood]]:
    """Feed a whole capture to a meter; yield its messages with their facts.

    Plain records, most of a stream, are counted in blocks; their data is not looked at once the
    protocol is known to be unknown, as it would give no facts.
    """
    messages = meaning.messages
    for block in capture.blocks():
        if isinstance(block, Plain):
            if messages.is_between_events:
                meter.came_plain(block)
                if meaning.is_recognised and meaning.protocol is None:
                    messages.skip(block)
                else:
                    yield meaning.feed_all(messages.feed_plain(block))
                continue
            block = block.records()
        for record in block:
            meter.take(record)
            for item in messages.feed(record):
                message = spoken(item)
                if message is not None:
                    meter.came(message)
                    yield meaning.feed(message)
    for item in messages.end():
        message = spoken(item)
        if message is not None:
            meter.came(message)
            yield meaning.feed(message)
    yield meaning.end()


def milestone_distributions(
    measurements: list[Measurement],
) -> Iterator[tuple[str, Distribution]]:
    """Yield each milestone's distribution over several captures, if any reached it."""
    columns: dict[str, Distribution] = {}
    for each in measurements:
        for name, t_s in each.milestones.named()[1:]:
            if t_s is not None:
                columns.setdefault(name, Distribution()).add(max(0.0, t_s))
    for name, _ in Milestones().named():
        if name in columns:
            yield name, columns[name]
