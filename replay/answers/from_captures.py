"""Makes the answerer of a server: captures, faults, and the pages that list captures."""

from collections.abc import Iterable

from ssetape.capture import Capture
from ssetape.errors import ReplayError

from ..faults import Scenario
from ..matching.rules import MatchBook
from ..pacing import Pace
from ..sessions.cues import SessionRules
from ..shelf import Shelf
from .answerer import Answerer
from .pages import Pages


def answerer(
    captures: Iterable[Capture],
    pace: Pace | None = None,
    *,
    cors: bool = False,
    resume: bool = False,
    scenario: Scenario | None = None,
    matching: MatchBook | None = None,
    may_be_empty: bool = False,
    allow_hosts: Iterable[str] = (),
    sessions: SessionRules | None = None,
) -> Answerer:
    """Make an answerer for captures and their list; for the arguments see `server.ReplayServer`.

    Raises:
        ReplayError: none of the captures can be replayed.
    """
    shelf = Shelf(captures)
    if not shelf.captures and not may_be_empty:
        raise ReplayError("; ".join(["nothing to replay", *shelf.unusable]))
    pace = pace or Pace()
    made = Answerer(
        shelf,
        pace,
        cors=cors,
        resume=resume,
        matching=matching,
        allow_hosts=allow_hosts,
        sessions=sessions,
    )
    made.scenario = scenario or Scenario()
    made.routes.append(Pages(shelf, pace))
    return made
