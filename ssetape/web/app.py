"""The local page as an ASGI application: lists, shows, compares and replays captures."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from ssetape import exports, page
from ssetape.capture import Capture
from ssetape.comparing.captures import Comparison, compare
from ssetape.comparing.events import event_differences
from ssetape.errors import SsetapeError
from ssetape.exports import FolderFormat
from ssetape.format import reader
from ssetape.format.values import SUFFIX
from ssetape.output.printable import printable
from ssetape.page import differences
from ssetape.page.batches import PageProgress, PageReading
from ssetape.page.formatting import FILTERS, moved, seconds
from ssetape.page.payload import chunks, head, in_script
from ssetape.web import server_events
from ssetape.web.downloads import attachment, export
from ssetape.web.entry import Entry
from ssetape.web.first_steps import commands
from ssetape.web.guard import Guard
from ssetape.web.listing import Listing

_PAGE = Path(page.__file__).parent
_CHUNKS_LIMIT = 10_000
# The comparison shows at most this many events that differ.
_UNLIKE_LIMIT = 200


class Replayed(NamedTuple):
    """A capture that is being replayed.

    Attributes:
        url: the URL for its client, with the captured path and query.
        get_url: the URL that answers a GET, whatever the captured method; "" for a WebSocket.
        curl: the command that sends the captured request there.
    """

    url: str
    get_url: str
    curl: str


class Replays(Protocol):
    """Replays captures, so that this package needs no replay server. Callable from any thread."""

    def start(
        self, path: Path, *, speed: float, instant: bool, fault: str, shares: bool
    ) -> Replayed:
        """Serve a capture; replaces an earlier replay of it.

        Args:
            fault: a fault to apply, or "".
            shares: let web pages of any origin read the answer.

        Raises:
            SsetapeError: the capture cannot be replayed, or the fault is not valid.
        """

    def stop(self, path: Path) -> None:
        """Stop serving a capture. Does nothing if it is not served."""


def create_app(listing: Listing, replays: Replays, token: str | None = None) -> Starlette:
    """The application.

    Args:
        listing: the captures; the caller keeps it up to date.
        replays: replays them.
        token: what clients need to know; None for nothing.
    """
    pages = _Pages(listing, replays)
    guards = [Middleware(Guard)]
    if token is not None:
        guards.append(Middleware(Entry, token=token))
    return Starlette(
        routes=[
            Route("/", pages.index),
            Route("/rows", pages.rows),
            Route("/compare", pages.compare),
            Route("/captures/{key}", pages.capture),
            Route("/captures/{key}/events", pages.events),
            Route("/captures/{key}/data/{number}", pages.data),
            Route("/captures/{key}/chunks", pages.chunks),
            Route("/captures/{key}/file", pages.file),
            Route("/captures/{key}/export/{name}", pages.export),
            Route("/captures/{key}/replay", pages.replay, methods=["POST", "DELETE"]),
            Mount("/static", StaticFiles(directory=_PAGE / "static")),
        ],
        middleware=guards,
        exception_handlers={SsetapeError: _explain},
    )


async def _explain(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{printable(str(error))}\n", 422)


class _Pages:
    def __init__(self, listing: Listing, replays: Replays) -> None:
        self._listing = listing
        self._replays = replays
        self._templates = Jinja2Templates(directory=_PAGE / "templates")
        self._templates.env.filters.update(FILTERS)

    def _path(self, request: Request, key: str | None = None) -> Path:
        key = request.path_params["key"] if key is None else key
        path = self._listing.path_of(key)
        if path is None or not os.path.lexists(path):
            raise HTTPException(404, f"no capture {key!r:.40}: it may have been deleted")
        return path

    async def index(self, request: Request) -> Response:
        paths = self._listing.paths
        folder = next((path for path in paths if not path.is_file()), paths[0].parent)
        values = {"paths": paths, "commands": in_script(commands(folder)).decode()}
        return self._templates.TemplateResponse(request, "list.html", values)

    async def rows(self, request: Request) -> Response:
        return _events(server_events.of_listing(self._listing, _last(request)))

    async def capture(self, request: Request) -> Response:
        path = self._path(request)
        opened = await run_in_threadpool(lambda: head(Capture(path)))
        data = in_script(opened).decode()
        names = [name for name in exports.names() if _is_file(name)]
        values = {"head": opened, "data": data, "exports": names}
        return self._templates.TemplateResponse(request, "capture.html", values)

    async def events(self, request: Request) -> Response:
        return _events(server_events.of_capture(self._path(request), _last(request)))

    async def data(self, request: Request) -> Response:
        path = self._path(request)
        number = _number("event", request.path_params["number"])
        text = await run_in_threadpool(_data, path, number)
        if text is None:
            raise HTTPException(404, f"the capture has no event {number}")
        return PlainTextResponse(text.encode("utf-8", "replace"))

    async def chunks(self, request: Request) -> Response:
        path = self._path(request)
        asked = request.query_params
        start, stop = (_number(name, asked.get(name, "0")) for name in ("from", "to"))
        stop = min(stop, start + _CHUNKS_LIMIT)
        found = await run_in_threadpool(lambda: list(chunks(Capture(path), start, stop)))
        return JSONResponse(found)

    async def file(self, request: Request) -> Response:
        path = self._path(request)
        return attachment(reader.open_file(path), path.name)

    async def export(self, request: Request) -> Response:
        path, name = self._path(request), request.path_params["name"]
        if name not in exports.names() or not _is_file(name):
            raise HTTPException(404, f"no export format {name!r:.40}")
        made = await run_in_threadpool(export, path, name)
        return attachment(made, path.name.removesuffix(SUFFIX) + exports.load(name).SUFFIX)

    async def compare(self, request: Request) -> Response:
        paths = [self._path(request, request.query_params.get(name, "")) for name in ("a", "b")]
        first, second = map(Capture, paths)
        compared = await run_in_threadpool(compare, first, second)
        unlike = await run_in_threadpool(event_differences, first, second, _UNLIKE_LIMIT)
        times = [await run_in_threadpool(_times, path) for path in paths]
        values: dict[str, Any] = {
            "compared": compared,
            "milestones": list(_milestones(compared)),
            "unlike": len(unlike),
            "unlike_limit": _UNLIKE_LIMIT,
            "captures": [first, second],
            "keys": [request.query_params[name] for name in ("a", "b")],
            "times": in_script(times).decode(),
            "pairs": in_script(differences.rows(unlike, first, second)).decode(),
        }
        return self._templates.TemplateResponse(request, "compare.html", values)

    async def replay(self, request: Request) -> Response:
        path = self._path(request)
        if request.method == "DELETE":
            await run_in_threadpool(self._replays.stop, path)
            return JSONResponse({})
        try:
            wanted = await request.json()
            speed = float(wanted.get("speed") or 1.0)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise HTTPException(400, "expected a JSON object whose speed is a number") from error
        started = await run_in_threadpool(
            lambda: self._replays.start(
                path,
                speed=speed,
                instant=bool(wanted.get("instant")),
                fault=str(wanted.get("fault") or ""),
                shares=bool(wanted.get("shares")),
            )
        )
        return JSONResponse(started._asdict())


def _events(stream: Any) -> Response:
    headers = {"cache-control": "no-store"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _last(request: Request) -> str:
    """What a page already has; it sends `after` itself when it opens a new stream."""
    return request.headers.get("last-event-id") or request.query_params.get("after", "")


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise HTTPException(400, f"{name}: expected a number, found {text!r:.40}")
    return int(text)


def _data(path: Path, number: int) -> str | None:
    """The complete data of an event; None if there is no such event."""
    after = PageProgress.missing(events=number)
    capture = Capture(path)
    for batch in PageReading(capture, after).batches(capture.records()):
        if batch is not None and batch.events:
            return str(batch.events[0][4])
    return None


def _milestones(compared: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Yield the milestones that either capture reached: name, both times, their difference."""
    others = dict(compared.second.milestones.named())
    for name, first_s in compared.first.milestones.named():
        second_s = others[name]
        if first_s is not None or second_s is not None:
            yield name, seconds(first_s), seconds(second_s), moved(first_s, second_s)


def _times(path: Path) -> list[float]:
    capture = Capture(path)
    reading = PageReading(capture, PageProgress.missing(events=0), data_limit=0)
    found = reading.batches(capture.records())
    return [row[0] for batch in found if batch is not None for row in batch.events]


def _is_file(name: str) -> bool:
    try:
        return not isinstance(exports.load(name), FolderFormat)
    except SsetapeError:
        return False  # an extra that is not installed
