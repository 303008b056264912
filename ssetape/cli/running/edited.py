"""Makes an edited capture: the changes, the pace, the faults, and the file."""

import os
import secrets
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssetape import __version__
from ssetape.capture import Capture
from ssetape.editing import written
from ssetape.editing.changing import ChangedBody, Changes, appended, at, changed_messages
from ssetape.editing.marks import Marks
from ssetape.editing.source import Source
from ssetape.errors import EditError
from ssetape.format import bounds, encode
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Message, Response, Trailers
from ssetape.format.writer import CaptureWriter

if TYPE_CHECKING:
    from ssetape.replay import faults as scenarios
    from ssetape.replay import pacing

Part = Chunk | Message | Trailers | End


@dataclass
class Edit:
    """What is to be done to a capture, in this order.

    Attributes:
        changes: of its messages.
        others: captures whose bodies follow.
        pace: the speed, and how long a gap may be.
        scenario: the faults; None for none.
        headers: of the response, each with its value; None: left out.
        words: all of it in words, for the capture.
    """

    changes: Changes
    others: list[Capture]
    pace: "pacing.Pace"
    scenario: "scenarios.Scenario | None"
    headers: list[tuple[str, str | None]]
    words: list[str] = field(default_factory=list)


def write(capture: Capture, edit: Edit, path: Path) -> None:
    """Write a capture as edited; what was at `path` is replaced when all went well.

    Raises:
        SsetapeError: the capture cannot be read, or not be edited so.
        OSError: the file cannot be written.
    """
    edited = _Edited(capture, edit)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(3)}.tmp")
    writer = CaptureWriter(draft, _header(capture, edit.words))
    try:
        edited.write_to(writer)
        writer.close()
        edited.check()
        os.replace(draft, path)
    finally:
        writer.close()
        draft.unlink(missing_ok=True)


def _header(capture: Capture, words: list[str]) -> dict[str, Any]:
    before = capture.edited
    earlier = before.get("changes")
    origin = {"from": capture.path.name, "id": capture.id, "recorder": capture.recorder}
    changes = [*(earlier if isinstance(earlier, list) else []), *words]
    return encode.header(
        capture.request,
        id=str(uuid.uuid4()),
        kind=capture.kind,
        started_ns=bounds.since_1970_ns(bounds.started(capture.started)),
        clock="edited",
        recorder=f"ssetape/{__version__} edit",
        imported=capture.imported or None,
        tapped=capture.tapped or None,
        run=capture.run or None,
        edited={**origin, **before, "changes": changes},
    )


class _Edited:
    def __init__(self, capture: Capture, edit: Edit) -> None:
        self._capture = capture
        self._edit = edit
        self._changes_length = edit.changes.are_of_messages or bool(edit.others)
        captures = [capture, *edit.others]
        for other in edit.others:
            if other.kind != capture.kind:
                raise EditError(
                    f"{other.name} is of the kind {other.kind}, and {capture.name} is "
                    f"{capture.kind}: only captures of one kind can be appended"
                )
        self._sources = [Source(each, decodes=self._changes_length) for each in captures]
        self._marks = Marks(*(source.marked for source in self._sources))

    def write_to(self, writer: CaptureWriter) -> None:
        """Write all records, and close the file."""
        response, parts = self._faulty(*self._paced(self._response(), self._parts()))
        latest_s = 0.0
        if response is not None:
            latest_s = _checked(response.t_s)
            writer.head(latest_s, encode.head(self._with_headers(response)))
        for part in parts:
            latest_s = max(latest_s, _checked(part.t_s))
            if isinstance(part, Chunk):
                written.chunk(writer, part, self._marks.of(part.data))
            elif isinstance(part, Message):
                written.message(writer, part, self._marks.of(part.data))
            elif isinstance(part, Trailers):
                writer.trailers(latest_s, part.headers, self._sources[-1].trailers_marks)
            else:
                writer.end(latest_s, part.reason, **self._details(part))

    def check(self) -> None:
        """Check that all was read, and all that was asked for was there; raises SsetapeError."""
        for source in self._sources:
            if source.damage is not None:
                raise source.damage
        self._edit.changes.check()

    def _response(self) -> Response | None:
        response = self._sources[0].response
        if response is None or not self._changes_length:
            return response
        headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
        return replace(response, headers=headers)

    def _parts(self) -> Iterator[Part]:
        first, *others = self._sources
        changes = self._edit.changes
        if self._capture.is_websocket:
            parts = iter(changed_messages(_messages(first, self._capture), changes))
            for source, other in zip(others, self._edit.others, strict=True):
                parts = appended(parts, _messages(source, other), _head_s(source))
            return parts
        if not self._changes_length:
            return first.parts()
        body = ChangedBody(first.response, changes)
        found: Iterator[Part] = body.parts(first.parts(), is_appended_to=bool(others))
        for number, source in enumerate(others, 1):
            body = ChangedBody(source.response, Changes(), behind=body)
            is_last = number == len(others)
            more = body.parts(source.parts(), is_appended_to=not is_last)
            found = appended(found, more, _head_s(source))
        return found

    def _paced(
        self, response: Response | None, parts: Iterator[Part]
    ) -> tuple[Response | None, Iterator[Part]]:
        from ssetape.replay import pacing

        if self._edit.pace == pacing.Pace():
            return response, parts
        pacer = pacing.Pacer(self._edit.pace)
        if response is not None:
            response = replace(response, t_s=pacer.due_ns(response.t_s) / 1e9)
        return response, (at(part, pacer.due_ns(part.t_s) / 1e9) for part in parts)

    def _faulty(
        self, response: Response | None, parts: Iterator[Part]
    ) -> tuple[Response | None, Iterable[Part]]:
        scenario = self._edit.scenario
        if scenario is None:
            return response, parts
        from ssetape.replay import exchange, pacing

        if self._capture.is_websocket or response is None:
            raise EditError(f"{self._capture.name}: faults are for responses over HTTP")
        request = self._capture.request
        asked = exchange.ClientRequest(
            request.method, request.url, request.headers, request.body or b""
        )
        play = exchange.Play(
            capture=self._capture,
            response=response,
            pace=pacing.Pace(),
            played=lambda how, make: make(parts),
            log="",
        )
        answer = scenario.apply(asked, play)
        if isinstance(answer, exchange.Play):
            return answer.response, iter(answer.played(None, iter))
        t_s = response.t_s
        head = Response(t_s, answer.status, answer.reason, response.http_version, answer.headers)
        return head, [Chunk(t_s, answer.body), End(t_s, COMPLETE)]

    def _with_headers(self, response: Response) -> Response:
        headers = response.headers
        for name, value in self._edit.headers:
            headers = _with_header(headers, name, value)
        return replace(response, headers=headers)

    def _details(self, end: End) -> dict[str, Any]:
        """What the end record says besides its reason, as in the file if it is that end.

        But nothing of what a client got instead: no client got what is edited.
        """
        found = self._sources[-1].end
        details = dict(found[1]) if found and found[1].get("reason") == end.reason else {}
        details |= encode.end_details(end)
        for name in ("reason", *encode.CLIENT_FIELDS):
            details.pop(name, None)
        return details


def _messages(source: Source, capture: Capture) -> Iterator[Message | Trailers | End]:
    for message, _ in source.messages():
        yield message
    if capture.end is not None:
        yield capture.end


def _head_s(source: Source) -> float:
    return source.response.t_s if source.response is not None else 0.0


def _with_header(headers: Headers, name: str, value: str | None) -> Headers:
    """The headers with one set, at its place if it has one; or without it."""
    places = [place for place, pair in enumerate(headers) if pair[0].lower() == name.lower()]
    kept = [pair for place, pair in enumerate(headers) if place not in places]
    if value is not None:
        kept.insert(places[0] if places else len(kept), (name, value))
    return kept


def _checked(t_s: float) -> float:
    if not bounds.is_time(t_s):
        raise EditError(
            f"a capture has times of up to a century, not {t_s:g} s: give the fault its `seconds`"
        )
    return t_s
