"""A capture's longest gaps, which rows show in red. Pure."""

from ssetape.errors import SsetapeError
from ssetape.format.file import CaptureFile
from ssetape.measures.gaps import Timing
from ssetape.messages.reading import messages_of


def stalls_of(capture: CaptureFile) -> set[float]:
    """When the longest gaps of a capture ended, as `stats` has them; those before any damage."""
    timing = Timing()
    try:
        for message in messages_of(capture):
            if not message.from_client:
                timing.see(message.t_s, message.name, message.data)
    except SsetapeError:
        pass  # whoever shows the capture says so
    return {stall.t_s for stall in timing.stalls()}
