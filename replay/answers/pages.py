"""The server's own pages, below /_ssetape/: the list of captures, and each capture as a GET.

So an EventSource can read a capture that was recorded from a POST, and a browser tab can open it.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs

import orjson

from ssetape.errors import ReplayError
from ssetape.format.values import WEBSOCKET, Chunk, End, Headers, Response, Trailers, header_values

from .. import faults
from ..exchange import ClientRequest, Play, Say, refusal
from ..pacing import Pace
from ..shelf import Part, Shelf
from .answerer import OWN_PATH

# Captures on a page of the list: by default, and at most.
_LISTED, _LISTED_LIMIT = 200, 1000
_LOOP_LIMIT = 1_000_000

_PATH = re.compile(re.escape(OWN_PATH) + r"(?:captures/(?P<number>[0-9]{1,9}))?")


class Pages:
    """Answers requests for the list and the captures below OWN_PATH; an `answerer.Route`."""

    def __init__(self, shelf: Shelf, pace: Pace) -> None:
        self._shelf = shelf
        self._pace = pace

    def __call__(self, asked: ClientRequest) -> Play | Say | None:
        path, _, query = asked.target.partition("?")
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        origin = next(iter(header_values(asked.headers, "origin")), None)
        if asked.method not in ("GET", "HEAD"):
            return refusal(405, f"{path}: expected GET, found {asked.method}")
        try:
            options = parse_qs(query, keep_blank_values=True, max_num_fields=20)
            values = {name: listed[-1] for name, listed in options.items()}
            # The guard has refused foreign pages: others may read it, from any origin.
            shared = [("access-control-allow-origin", origin), ("vary", "origin")] if origin else []
            if found["number"] is None:
                return self._list(asked, values, shared)
            play = self._play(asked, int(found["number"]), values, shared)
            rules = [faults.parse(spec) for spec in options.get("fault", [])]
            seed = _whole(values, "seed", 0, 0, 10**9)
            scenario = faults.Scenario(rules, seed)
            return scenario.apply(asked, play) if isinstance(play, Play) else play
        except (ValueError, ReplayError) as error:
            return refusal(400, f"{asked.target}: {error}")

    def _list(self, asked: ClientRequest, values: dict[str, str], shared: Headers) -> Say:
        offset = _whole(values, "offset", 0, 0, 10**9)
        limit = _whole(values, "limit", _LISTED, 1, _LISTED_LIMIT)
        captures = self._shelf.captures
        listed: list[dict[str, object]] = [
            {
                "number": number,
                "href": f"{OWN_PATH}captures/{number}",
                "capture": captures[number].name,
                "kind": captures[number].kind,
                "method": captures[number].request.method,
                "url": captures[number].request.url,
                "status": self._shelf.responses[number].status,
                "started": captures[number].started,
            }
            for number in range(offset, min(offset + limit, len(captures)))
        ]
        log = f"{asked.method} {asked.target} <- the list of captures"
        if "text/html" in ",".join(header_values(asked.headers, "accept")):
            page = _page(listed, offset, limit, len(captures))
            policy = "default-src 'none'; style-src 'unsafe-inline'"
            kind = [
                ("content-type", "text/html; charset=utf-8"),
                ("content-security-policy", policy),
            ]
            return Say(200, page.encode(), log, [*kind, *shared])
        body = orjson.dumps(
            {"total": len(captures), "offset": offset, "captures": listed},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        return Say(200, body, log, [("content-type", "application/json"), *shared])

    def _play(
        self, asked: ClientRequest, number: int, values: dict[str, str], shared: Headers
    ) -> Play | Say:
        shelf = self._shelf
        if number >= len(shelf.captures):
            return refusal(404, f"there is no capture {number}; captures: {len(shelf.captures)}")
        capture, response = shelf.captures[number], shelf.responses[number]
        if capture.kind == WEBSOCKET:
            return refusal(426, f"{capture.name} is a WebSocket's: connect to its recorded path")
        pace = replace(
            self._pace,
            speed=_number(values, "speed", self._pace.speed),
            instant=self._pace.instant or values.get("instant", "0") not in ("0", ""),
        )
        from_s = _number(values, "from", 0.0)
        if from_s < 0:
            raise ValueError(f"from: expected 0 or more seconds, found {from_s}")
        times = _whole(values, "loop", 1, 0, _LOOP_LIMIT)
        headers = response.headers
        if times != 1:
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
        if shared:  # with both, a browser would take neither
            recorded = "access-control-allow-origin"
            headers = [(n, v) for n, v in headers if n.lower() != recorded]
        head = replace(response, t_s=max(0.0, response.t_s - from_s), headers=[*headers, *shared])

        def rounds() -> Iterator[Iterable[Part]]:
            count = 0
            while times == 0 or count < times:
                yield shelf.parts(number)
                count += 1

        return Play(
            capture=capture,
            response=head,
            pace=pace,
            played=lambda how, play: play(_repeated(rounds(), response, from_s)),
            log=f"{asked.method} {asked.target} <- {capture.name}",
        )


def _repeated(rounds: Iterator[Iterable[Part]], head: Response, from_s: float) -> Iterator[Part]:
    """The parts of all rounds in sequence; what was recorded before `from_s` comes at once."""
    begun_s = 0.0
    last: list[Part] = []
    for parts in rounds:
        last = []
        for part in parts:
            t_s = begun_s + max(0.0, part.t_s - from_s)
            if isinstance(part, Chunk):
                yield Chunk(t_s, part.data)
            elif isinstance(part, Trailers):
                last.append(part._replace(t_s=t_s))
            else:
                last.append(replace(part, t_s=t_s))
        end = last[-1] if last else None
        if not isinstance(end, End) or not end.is_complete:
            break  # a cut ends the loop
        # The next round starts when its head would have been due.
        begun_s = end.t_s - max(0.0, head.t_s - from_s)
    yield from last


def _number(values: dict[str, str], name: str, default: float) -> float:
    if name not in values:
        return default
    try:
        return float(values[name])
    except ValueError:
        raise ValueError(f"{name}: expected a number, found {values[name]!r:.60}") from None


def _whole(values: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    found = values.get(name, str(default))
    if not re.fullmatch("[0-9]{1,12}", found) or not least <= int(found) <= most:
        raise ValueError(f"{name}: expected {least} to {most}, found {found!r:.60}")
    return int(found)


def _page(listed: list[dict[str, object]], offset: int, limit: int, total: int) -> str:
    rows = "".join(
        "<tr><td><a href='{href}'>{number}</a>"
        "<td>{method}<td>{status}<td>{url}<td>{capture}".format(
            **{name: html.escape(str(value)) for name, value in fields.items()}
        )
        for fields in listed
    )
    links = ""
    if offset > 0:
        links += f"<a href='?offset={max(0, offset - limit)}&amp;limit={limit}'>earlier</a> "
    if offset + limit < total:
        links += f"<a href='?offset={offset + limit}&amp;limit={limit}'>later</a>"
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'><title>Captures</title>"
        "<style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
        "th{text-align:start}td,th{padding:.1rem .7rem .1rem 0;overflow-wrap:anywhere}</style>"
        f"<h1>Captures: {total}</h1><p>Each is a GET; <code>?speed=2</code>, "
        "<code>?instant=1</code>, <code>?from=1.5</code> and <code>?loop=0</code> change it."
        f"<table><tr><th>number<th>method<th>status<th>URL<th>file{rows}</table><p>{links}"
    )
