"""What a stream waits for in a replay: the requests of its session, in words."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.format.values import SUFFIX

if TYPE_CHECKING:
    from ssetape.replay import cues

# Of a larger folder it would take longer than a glance may.
_NEIGHBOURS = 500


def in_words(waited_for: "Iterable[cues.Cue]", captures: list[Capture]) -> list[str]:
    """A line for each request that a stream waits for."""
    return [
        f"{captures[cue.index].request.method} {captures[cue.index].request.url}, "
        f"{cue.t_s:.3f} s after its own request ({captures[cue.index].path.name})"
        for cue in waited_for
    ]


def among_neighbours(capture: Capture) -> list[str]:
    """The same for a capture and those in its folder; [] if it waits for none."""
    from ssetape.replay import cues, shelf

    paths = sorted(capture.path.parent.glob(f"*{SUFFIX}"))
    if not 1 < len(paths) <= _NEIGHBOURS or not capture.path.is_file():
        return []
    opened = []
    for path in paths:
        try:
            opened.append(Capture(path))
        except SsetapeError:
            continue  # told by the verbs that need it
    filled = shelf.Shelf(opened)
    found = cues.sessions_of(filled.captures, filled.responses)
    for index, waited_for in found.cues.items():
        if filled.captures[index].path == capture.path:
            return in_words(waited_for, filled.captures)
    return []
