"""Remembers which requests each client of a recorded session has asked.

A run is one replay of a session. Two clients at once have a run each, so that no one gets the
answer to the other's request. Where the protocol hands out a session id, the later run gets one
of its own: the recorded one with a mark, by which its requests are known. Ids that clients choose
themselves tell their runs apart, too.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ssetape.format.values import Headers
from ssetape.requests.location import located

from ..exchange import ClientRequest
from .cues import SESSION_HEADER, Sessions, is_id_name
from .jsonrpc import Id

_MARK_NAME = "ssetape_run"
_MARK = re.compile(rf"[?&]{_MARK_NAME}=(\d{{1,9}})\b")
_HEADER_MARK = re.compile(r"-ssetape-run-(\d{1,9})$")
# A client that asks the same more often has gone wrong.
_TIMES = 10_000
# Finished runs, and those that never had a stream, are forgotten beyond this many.
_RUNS = 1_000


class Asked(NamedTuple):
    """When a request came in the replay, and its JSON-RPC id if it has one."""

    at_ns: int
    rpc_id: Id | None


@dataclass(eq=False, slots=True)
class Run:
    """One replay of a session.

    Attributes:
        number: counts the runs of a session from 1; from 2 on, ids that it hands out are marked.
        asked: what was asked so far, each time, by the number of the capture.
        listeners: called when something is asked; one for each open stream.
        had_streams: whether it ever had a stream.
        ids: the names and values of ids in the URLs of its requests.
    """

    number: int
    session: str
    asked: dict[int, list[Asked]] = field(default_factory=dict)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    had_streams: bool = False
    ids: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether its streams have ended."""
        return self.had_streams and not self.listeners

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a stream whenever something is asked."""
        self.had_streams = True
        self.listeners.append(listener)

    def leave(self, listener: Callable[[], None]) -> None:
        """Call it no longer: the stream has ended."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def note(self, index: int, asked: Asked) -> None:
        """Note that a request came, perhaps once more."""
        times = self.asked.setdefault(index, [])
        if len(times) < _TIMES:
            times.append(asked)
        for listener in list(self.listeners):
            listener()


class Runs:
    """The runs of all sessions of a shelf."""

    def __init__(self, sessions: Sessions) -> None:
        self._group_of: dict[int, int] = {}
        self._groups = _joined(sessions.groups)
        for number, group in enumerate(self._groups):
            self._group_of.update(dict.fromkeys(group, number))
        self._marking = {self._group_of[opener] for opener in sessions.openers}
        self._opening = sessions.openers | sessions.cues.keys()
        self._live: dict[int, list[Run]] = {}

    def unasked(self, asked: ClientRequest) -> set[int] | None:
        """The captures that the client's own run has still to ask; None if no id tells its run.

        Of two recordings of the same, this keeps a client within one.
        """
        ids = _ids(asked) if self._live else set()
        for group, runs in self._live.items():
            for run in runs:
                if run.ids & ids and run.session == asked.session and not run.is_over:
                    return self._groups[group] - run.asked.keys()
        return None

    def enter(self, index: int, asked: ClientRequest, mark: int | None) -> Run | None:
        """The run that a request belongs to; None if its capture belongs to no session.

        Args:
            mark: the number of the run that the request names.
        """
        group = self._group_of.get(index)
        if group is None:
            return None
        live = [run for run in self._live.get(group, ()) if not run.is_over][-_RUNS:]
        self._live[group] = live
        ours = [run for run in live if run.session == asked.session]
        opens = index in self._opening
        if mark is not None or (group in self._marking and not opens):
            # Ids tell the runs apart; the first run's is the recorded one.
            ours = [run for run in live if run.number == (mark or 1)] or ours
        ids = _ids(asked)
        ours = _of_ids(ours, ids, opens)
        run = next((run for run in ours if index not in run.asked), None)
        if run is None and ours and not opens:
            run = ours[0]
        if run is None:
            taken = {each.number for each in live}
            number = mark or next(n for n in range(1, len(taken) + 2) if n not in taken)
            run = Run(number, asked.session)
            live.append(run)
        run.ids |= ids
        return run


def _ids(asked: ClientRequest) -> set[tuple[str, str]]:
    return {pair for pair in located(asked.url).query if is_id_name(pair[0])}


def _of_ids(runs: list[Run], ids: set[tuple[str, str]], opens: bool) -> list[Run]:
    """Those runs that a request with these ids may be of; one that opens a run, of no other's."""
    named = [run for run in runs if run.ids & ids]
    if named or not opens:
        return named or runs
    names = {name for name, _ in ids}
    return [run for run in runs if names.isdisjoint(name for name, _ in run.ids)]


def unmarked(asked: ClientRequest) -> tuple[ClientRequest, int | None]:
    """The request as the recorded client would have sent it, and the run that it names."""
    mark = _MARK.search(asked.target) if _MARK_NAME in asked.target else None
    if mark is not None:
        target = asked.target[: mark.start()] + asked.target[mark.end() :]
        if "?" not in target:  # the mark was the first parameter
            target = target.replace("&", "?", 1)
        return replace(asked, target=target), int(mark[1])
    values = asked.fields.get(SESSION_HEADER)
    header_mark = _HEADER_MARK.search(values[0]) if values else None
    if header_mark is None:
        return asked, None
    headers = [
        (name, _HEADER_MARK.sub("", value) if name.lower() == SESSION_HEADER else value)
        for name, value in asked.headers
    ]
    return replace(asked, headers=headers), int(header_mark[1])


def marked_url(url: str, run: Run) -> str:
    """The URL that a run hands out for its requests."""
    if run.number == 1:
        return url
    return f"{url}{'&' if '?' in url else '?'}{_MARK_NAME}={run.number}"


def marked_headers(headers: Headers, run: Run) -> Headers:
    """The response headers of a run: with its own session id."""
    if run.number == 1:
        return headers
    return [
        (name, f"{value}-ssetape-run-{run.number}" if name.lower() == SESSION_HEADER else value)
        for name, value in headers
    ]


def _joined(groups: Sequence[frozenset[int]]) -> list[set[int]]:
    """The groups, those with a common member as one."""
    place: dict[int, set[int]] = {}
    for group in groups:
        merged = set(group).union(*(place[index] for index in group if index in place))
        place.update(dict.fromkeys(merged, merged))
    return list({id(group): group for group in place.values()}.values())
