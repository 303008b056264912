"""Chooses the answer to a request: a capture to play, or one of the server's own responses.

All ways of serving captures use this, whatever their protocol.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.format.codings import codings
from ssetape.format.values import WEBSOCKET, Request, Response

from ..counts import Counts, PartOfCounts
from ..exchange import ClientRequest, Play, Say, asks_for_a_websocket, refusal
from ..faults import Scenario
from ..matching.ladder import Matcher, Near
from ..matching.parts import last_event_id
from ..matching.rules import MatchBook
from ..matching.turns import Turns
from ..pacing import Pace
from ..sessions.answers import SessionAnswers
from ..sessions.cues import SessionRules
from ..sessions.runs import unmarked
from ..shelf import Shelf
from . import conditional, resuming
from . import cors as cross_origin
from .guard import Guard, Reach, hosts_of
from .limit import StreamLimit
from .misses import miss
from .origins import OF_ITS_HOST, Origins
from .varying import varied

# The path of the server's own pages and controls, which no capture answers.
OWN_PATH = "/_ssetape/"

# Replaces the method of WebSocket requests, so that a captured GET never matches one.
_WEBSOCKET_METHOD = "WebSocket"

_NO_TUNNELS = "no tunnels (CONNECT) here: `ssetape replay --proxy` opens them, over HTTP/1.1"

# Equal captures in which --resume looks for a client's last event: each is read for it.
_LOOKED_THROUGH = 16

# Answers a request below OWN_PATH; None if it is for another route.
Route = Callable[[ClientRequest], Play | Say | None]
Listener = Callable[[ClientRequest, Play | Say], None]


class Answerer:
    """Answers requests from a shelf of captures.

    Args:
        cors: let pages of any origin read the answers.
        resume: continue after the Last-Event-ID of a request that has one.
        matching: how closely a request has to match a captured one; by default, the nearest
            capture answers.
        allow_hosts: host names that are the server's; see `local_only.Hosts`.
        sessions: how streams that answer other requests are treated.

    Attributes:
        is_strict: whether a stream is cut that waits in vain for other requests.
        sessions: fits answers into their sessions.
        guard: refuses requests of foreign pages.
        names_hosts: whether clients say by the host whom they ask, as at a proxy. Then another
            host's capture is no answer, unless an answer only has to be near.
        shelf: the captures.
        scenario: the faults that answers from captures get.
        routes: tried in order for requests below OWN_PATH.
        limit: how many streams may be open; None for any number.
        varies: whether each answer gets an id and a time of its own.
        listeners: called with every request and its answer, before the answer is sent.
    """

    def __init__(
        self,
        shelf: Shelf,
        pace: Pace,
        *,
        cors: bool = False,
        resume: bool = False,
        matching: MatchBook | None = None,
        allow_hosts: Iterable[str] = (),
        sessions: SessionRules | None = None,
    ) -> None:
        self.shelf = shelf
        rules = sessions or SessionRules()
        self.sessions = SessionAnswers(shelf, rules)
        self.is_strict = rules.is_strict
        self.guard = Guard(trusted=hosts_of(shelf.captures), cors=cors).named(*allow_hosts)
        self.names_hosts = False
        self.routes: list[Route] = []
        self.listeners: list[Listener] = []
        self.scenario = Scenario()
        self.limit: StreamLimit | None = None
        self.varies = False
        self._cors = cors
        self._resume = resume
        self._pace = pace
        self._origins = Origins(shelf.captures)
        book = matching or MatchBook()
        self._match = book.rules.match
        self._matcher = Matcher(
            [_request(capture) for capture in shelf.captures],
            [book.of(capture.path.name) for capture in shelf.captures],
            Turns(book.order, book.seed),
        )

    def share(self, counts: Counts) -> None:
        """Count turns, and requests that may get faults, among those of other processes."""
        self._matcher.turns.counts = PartOfCounts(counts, "turn")
        self.sessions.numbers.turns = PartOfCounts(counts, "call")
        self.scenario.counts = PartOfCounts(counts, "fault")

    def answer(self, asked: ClientRequest) -> Play | Say:
        """Return the answer; counts as one request served."""
        answer = self._with_faults(asked, self._answer(asked))
        for notify in self.listeners:
            notify(asked, answer)
        return answer

    def _with_faults(self, asked: ClientRequest, answer: Play | Say) -> Play | Say:
        if isinstance(answer, Say):
            return answer
        faulty = self.scenario.apply(asked, answer)
        return self._readable(asked, faulty) if isinstance(faulty, Say) else faulty

    def _answer(self, asked: ClientRequest) -> Play | Say:
        try:
            if asked.method == "CONNECT":
                return refusal(501, _NO_TUNNELS)
            if (refused := self._refused(asked)) is not None:
                return refused
            if asked.target.startswith(OWN_PATH):
                for route in self.routes:
                    answer = route(asked)
                    if answer is not None:
                        return answer
            asked, mark = unmarked(asked)
            matched = self.sessions.as_captured(asked, mark)
            if (refused := self._over_limit(matched)) is not None:
                return refused
            near = self.choose(matched)
            elsewhere = self._elsewhere(near, asked)
            if near is None or (elsewhere and self.names_hosts and self._match in OF_ITS_HOST):
                return self._allow(asked) or self._miss(asked)
            index = self.sessions.of_its_session(
                near.index, asked, lambda: self._matcher.find(_as_matched(matched))
            )
            differing = [*near.differs, elsewhere] if elsewhere else near.differs
            differs = f" ({'; '.join(differing)})" if differing else ""
            play = self.sessions.fit(index, self._play(index, asked, differs), asked, mark)
            answer = self._resumed(index, play, asked) if self._resume else play
            return varied(answer) if self.varies and isinstance(answer, Play) else answer
        except SsetapeError as error:
            return refusal(500, str(error))

    def _play(self, index: int, asked: ClientRequest, differs: str = "") -> Play:
        capture = self.shelf.captures[index]
        return Play(
            capture=capture,
            response=self._response(index, asked),
            pace=self._pace,
            played=lambda how, play: self.shelf.played(index, how, play),
            log=f"{self._named(asked)} <- {capture.name}{differs}",
        )

    def _named(self, asked: ClientRequest) -> str:
        """What a request asks for, with its host where clients name any."""
        host = asked.host if self.guard.reach is Reach.PROXY else ""
        return f"{asked.method} {host}{asked.target}"

    def _elsewhere(self, near: Near | None, asked: ClientRequest) -> str:
        """How the asked host differs from that of a capture, where clients name any."""
        is_named = self.guard.reach is Reach.PROXY
        return self._origins.difference(near.index, asked) if near and is_named else ""

    def _over_limit(self, matched: ClientRequest) -> Say | None:
        """The refusal of a request while too many streams are open."""
        if self.limit is None or not self.limit.is_reached:
            return None
        found = self._matcher.find(_as_matched(matched))
        if not found:
            return None  # it is a miss
        return self._readable(matched, self.limit.refusal(matched, self.shelf.captures[found[0]]))

    def _refused(self, asked: ClientRequest) -> Say | None:
        if asked.target.startswith(OWN_PATH):
            return self.guard.refuses_own_path(asked)
        return self.guard.refuses(asked)

    def choose(self, asked: ClientRequest) -> Near | None:
        """The capture that answers; None for a miss. Counts as one request served."""
        return self._matcher.choose(_as_matched(asked))

    def has_answer(self, asked: ClientRequest, *, of_its_host: bool = False) -> bool:
        """Whether a capture or one of the server's own pages answers; not counted as served.

        Args:
            of_its_host: whether another host's capture is none, unless an answer only has to be
                near. Through a proxy, the host is whom the client asks, and another provider may
                have the same paths.
        """
        if asked.target.startswith(OWN_PATH):
            return True
        if self._refused(asked) is not None:
            return False
        found = self._matcher.find(_as_matched(asked))
        if of_its_host and self._match in OF_ITS_HOST:
            found = [index for index in found if self._origins.is_asked(index, asked)]
        return bool(found) or self._allow(asked) is not None

    def compare(self, index: int, asked: ClientRequest) -> Near:
        """How close a capture, by its number, is to a request; not counted as served."""
        return self._matcher.compare(index, _as_matched(asked))

    def nearest(self, asked: ClientRequest, count: int = 3) -> list[Near]:
        """The captures closest to a request; not counted as served."""
        return self._matcher.nearest(_as_matched(asked), count)

    def _response(self, index: int, asked: ClientRequest) -> Response:
        """The recorded head, adapted to conditional requests and, with `cors`, to browsers."""
        response = self.shelf.responses[index]
        headers = response.headers
        if conditional.is_unchanged(asked, response.status, headers):
            headers = conditional.not_modified(headers)
            response = replace(response, status=304, reason="Not Modified", headers=headers)
        if self._cors:
            response = replace(response, headers=cross_origin.shared(asked.headers, headers))
        return response

    def _resumed(self, index: int, play: Play, asked: ClientRequest) -> Play | Say:
        """The rest of a capture after the client's last event ID; all of it without one."""
        event_id = last_event_id(asked.headers)
        if not event_id or play.capture.kind == WEBSOCKET or play.response.status != 200:
            return play
        if last_event_id(play.capture.request.headers) == event_id:
            return replace(play, log=f"{play.log} (recorded after event {event_id!r:.60})")
        for other in [index, *self._matcher.equal(_as_matched(asked))[:_LOOKED_THROUGH]]:
            found = play if other == index else self._play(other, asked)
            if codings(found.response.headers) or found.response.status != 200:
                continue
            place = resuming.place_after(self.shelf.parts(other), event_id)
            if place is not None:
                return self._after(other, found, place, event_id)
        if codings(play.response.headers):
            return replace(play, log=f"{play.log} (from its beginning: it is content-encoded)")
        return replace(play, log=f"{play.log} (from its beginning: no event {event_id!r:.60})")

    def _after(
        self, index: int, play: Play, place: resuming.ResumePoint, event_id: str
    ) -> Play | Say:
        """The rest of a capture after an event."""
        log = f"{play.log} (after event {event_id!r:.60})"
        headers = play.response.headers
        if place.is_last:  # a 204 keeps an EventSource from reconnecting
            kept = [(n, v) for n, v in headers if n.lower().startswith("access-control-")]
            return Say(204, b"", f"{log}: nothing is left", kept)
        headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
        response = replace(play.response, headers=headers)
        parts = self.shelf.parts
        return replace(
            play,
            response=response,
            played=lambda how, play: play(resuming.rest(parts(index), place, response)),
            log=log,
        )

    def _allow(self, asked: ClientRequest) -> Say | None:
        """The answer to a CORS preflight that was not recorded; None for other requests."""
        if not self._cors or not cross_origin.is_preflight(asked.method, asked.headers):
            return None
        headers = cross_origin.preflight_answer(asked.headers)
        return Say(200, b"", f"{self._named(asked)} <- allowed by --cors", headers)

    def _miss(self, asked: ClientRequest) -> Say:
        captures, nears = self.shelf.captures, self.nearest(asked)
        methods = [_request(captures[near.index]).method for near in nears]
        named = self._named(asked)
        return self._readable(asked, miss(asked, named, self._match, nears, methods, captures))

    def _readable(self, asked: ClientRequest, said: Say) -> Say:
        """An error as a page of another origin may read it, or it could not read the reason."""
        if not self._cors:
            return said
        return replace(said, headers=cross_origin.shared(asked.headers, said.headers))


def _as_matched(asked: ClientRequest) -> ClientRequest:
    return replace(asked, method=_WEBSOCKET_METHOD) if asked.is_for_a_websocket else asked


def _request(capture: Capture) -> Request:
    """The captured request, as used for matching; a server may have refused the WebSocket."""
    asked = capture.request
    if capture.kind == WEBSOCKET or asks_for_a_websocket(asked.headers):
        return replace(asked, method=_WEBSOCKET_METHOD)
    return asked
