"""Makes an answer part of its session: what it waits for, and the ids that its client uses."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ssetape.capture import Capture
from ssetape.format.codings import codings
from ssetape.format.values import Chunk, Headers, Response, header_values
from ssetape.recording import addresses

from ..exchange import ClientRequest, Play
from ..shelf import Part, Shelf
from ..timer import now_ns
from . import jsonrpc
from .cued import Cued
from .cues import SessionRules, Sessions, sessions_of
from .events import ENDS_OF_EVENTS, replaced
from .rpc_numbers import RpcNumbers
from .runs import Asked, Run, Runs, marked_headers


class SessionAnswers:
    """Fits answers into the sessions of a shelf.

    Attributes:
        numbers: the captured calls of JSON-RPC.
        sessions: which stream waits for which requests.
    """

    def __init__(self, shelf: Shelf, rules: SessionRules) -> None:
        self._shelf = shelf
        self._rules = rules
        captures, responses = shelf.captures, shelf.responses
        self.sessions = sessions_of(captures, responses) if rules.waits else Sessions()
        origins = (addresses.origin(capture.request.url) for capture in captures)
        self._hosts = {origin.partition("://")[2] for origin in origins}
        # Of captures: those with addresses in their heads, and the ids that were masked.
        self._addressed = {
            index for index, each in enumerate(responses) if addresses.has_address(each.headers)
        }
        self._masked_ids = {
            index: ids for index, each in enumerate(captures) if (ids := _masked_ids(each))
        }
        self._runs = Runs(self.sessions)
        self.numbers = RpcNumbers(capture.request.body or b"" for capture in captures)

    def as_captured(self, asked: ClientRequest, mark: int | None) -> ClientRequest:
        """The request under the number that it has in the captures, for matching."""
        if not self._rules.rewrites:
            return asked
        body = self.numbers.as_captured(asked.body, (asked.session, mark))
        return asked if body is asked.body else replace(asked, body=body)

    def of_its_session(
        self, index: int, asked: ClientRequest, find: Callable[[], Sequence[int]]
    ) -> int:
        """The capture that answers, where several do: that of the id, or of the client's run.

        Args:
            find: gives all captures that answer equally well.
        """
        unasked = self._runs.unasked(asked)
        if unasked is not None and index not in unasked:
            return next(filter(unasked.__contains__, find()), index)
        if index not in self._masked_ids:
            return index
        values = [asked.target, *(value for _, value in asked.headers)]

        def is_named(candidate: int) -> bool:
            ids = self._masked_ids.get(candidate, ())
            return any(each in value for each in ids for value in values)

        return index if is_named(index) else next(filter(is_named, find()), index)

    def fit(self, index: int, play: Play, asked: ClientRequest, mark: int | None) -> Play:
        """Return the answer as this client gets it, and tell the streams that wait for it.

        Args:
            mark: the number of the run that the request names.
        """
        if index in self._addressed:
            play = self._here(play, asked)
        rpc_id = jsonrpc.request_id(asked.body)
        run = self._runs.enter(index, asked, mark)
        if run is not None:
            run.note(index, Asked(now_ns(), rpc_id))
            play = self._of_run(index, play, run)
        if self._rules.rewrites and rpc_id is not None:
            recorded = self._rpc_id(index)
            if recorded is not None and recorded != rpc_id:
                return _renumbered(play, recorded, rpc_id)
        return play

    def _here(self, play: Play, asked: ClientRequest) -> Play:
        """The answer with relative addresses in place of those of captured servers."""
        is_elsewhere = addresses.origin(asked.url).partition("://")[2] in self._hosts
        if not self._rules.rewrites or is_elsewhere:  # through a proxy, clients name real servers
            return play
        headers = addresses.rewritten(play.response.headers, self._is_captured)
        if headers == play.response.headers:
            return play
        response = replace(play.response, headers=headers)
        return replace(play, response=response, log=f"{play.log} (altered: addresses)")

    def _is_captured(self, origin: str) -> bool:
        if origin.startswith("domain:"):
            return any(addresses.covers(origin, host) for host in self._hosts)
        return origin.partition("://")[2] in self._hosts

    def _of_run(self, index: int, play: Play, run: Run) -> Play:
        if self._rules.rewrites:
            headers = marked_headers(play.response.headers, run)
            play = replace(play, response=replace(play.response, headers=headers))
        cues = self.sessions.cues.get(index)
        if cues is None:
            return play
        ids = {cue.index: self._rpc_id(cue.index) for cue in cues}
        cued = Cued(
            run=run,
            cues=cues,
            rpc_ids={cue: rpc_id for cue, rpc_id in ids.items() if rpc_id is not None},
            names={cue.index: self.name(cue.index) for cue in cues},
            rewrites=self._rules.rewrites,
        )
        return replace(play, cued=cued)

    def name(self, index: int) -> str:
        """What to call the request of a capture."""
        capture = self._shelf.captures[index]
        return f"{capture.request.method} {capture.request.url} ({capture.path.name})"

    def _rpc_id(self, index: int) -> jsonrpc.Id | None:
        return jsonrpc.request_id(self._shelf.captures[index].request.body or b"")


def _masked_ids(capture: Capture) -> list[str]:
    found = capture.run.get("ids")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _renumbered(play: Play, recorded: jsonrpc.Id, asked: jsonrpc.Id) -> Play:
    """The answer to a JSON-RPC request that its client numbers otherwise."""
    response = play.response
    if play.capture.is_websocket or codings(response.headers):
        return play
    parts = list(_with_id(play.played(None, iter), recorded, asked))
    return replace(
        play,
        response=_with_length(response, parts),
        played=lambda how, play: play(parts),
        log=f"{play.log} (altered: id {asked!r:.40} in place of {recorded!r:.40})",
    )


def _with_id(parts: Iterable[Part], recorded: jsonrpc.Id, asked: jsonrpc.Id) -> Iterator[Part]:
    event: list[Chunk] = []

    def changed() -> Iterator[Part]:
        chunks = [chunk.data for chunk in event]
        place = jsonrpc.renumbered(b"".join(chunks), recorded, asked)
        chunks = chunks if place is None else replaced(chunks, *place)
        yield from (Chunk(old.t_s, data) for old, data in zip(event, chunks, strict=True))
        event.clear()

    for part in parts:
        if isinstance(part, Chunk):
            event.append(part)
            if part.data.endswith(ENDS_OF_EVENTS):
                yield from changed()
        else:
            yield from changed()
            yield part
    yield from changed()


def _with_length(response: Response, parts: Iterable[Part]) -> Response:
    if not header_values(response.headers, "content-length"):
        return response
    length = sum(len(part.data) for part in parts if isinstance(part, Chunk))
    headers: Headers = [
        (name, str(length) if name.lower() == "content-length" else value)
        for name, value in response.headers
    ]
    return replace(response, headers=headers)
