"""The protocol that a capture's answer speaks."""

from functools import lru_cache
from itertools import islice

from ssetape import protocols
from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.meaning.reading import Meaning

# Captures whose protocol is remembered.
_REMEMBERED = 10_000


@lru_cache(maxsize=_REMEMBERED)
def protocol_of(capture: Capture) -> str | None:
    """The protocol's name, read from the first messages; None if it is unknown."""
    meaning = Meaning.of(capture)
    try:
        for _ in islice(meaning.read(capture.records()), protocols.FIRST_MESSAGES):
            if meaning.is_recognised:
                break
    except CaptureError:
        meaning.pause()  # what comes before the damage may be enough
    return meaning.protocol
