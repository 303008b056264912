"""Measures the rhythm of event streams that nobody here understands, fast: they may be long."""

from typing import TYPE_CHECKING

from ssetape.format import reader
from ssetape.format.plain_blocks import Plain, stretches
from ssetape.format.values import BYTES, HTTP, TEXT, Chunk, header_values
from ssetape.measures.gaps import Timing
from ssetape.messages import detection
from ssetape.messages.arrivals import Traffic
from ssetape.messages.timeline import EventTimeline

if TYPE_CHECKING:
    from ssetape.capture import Capture


def can_be_read(capture: "Capture") -> bool:
    """Whether a capture is an event stream by its label, and not compressed."""
    headers = capture.response.headers if capture.response else []
    codings = set(",".join(header_values(headers, "content-encoding")).lower().split(","))
    return (
        capture.kind == HTTP
        and detection.EVENT_STREAM in detection.media_types(headers)
        and codings <= {"", "identity"}
    )


def read(capture: "Capture", timing: Timing, traffic: Traffic) -> None:
    """Read all of a capture's events.

    Raises:
        CaptureError: it cannot be read (further); what is before is read.
        EventTooLarge: an event passed the parser's limit.
    """
    timeline = EventTimeline([])
    capture.problems = []
    with reader.open_file(capture.path) as file:
        reader.read_header(file, capture.name)
        for stretch in stretches(file, capture.name, capture.problems):
            if not isinstance(stretch, Plain):
                pieces = [(t_s, rest[0]) for t_s, code, *rest in stretch if code in (TEXT, BYTES)]
            elif timeline.is_between_events:
                timing.see_all(stretch.times, stretch.texts)
                traffic.add_all(stretch.times, stretch.size_bytes)
                continue
            else:
                pieces = list(zip(stretch.times, map(str.encode, stretch.texts), strict=True))
            for t_s, data in pieces:
                traffic.add(t_s, len(data))
                for event in timeline.feed(Chunk(t_s, data)):
                    timing.see(event.t_s, event.event, event.data)
                timeline.comments.clear()
