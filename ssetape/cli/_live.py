"""What is being recorded, as it happens: a table for a terminal, JSON lines for programs.

It looks at the captures' files as they grow, beside the recording and never in its way.
"""

import asyncio
import contextlib
import time
from binascii import a2b_base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ssetape.cli._output import json_line, printable
from ssetape.errors import SsetapeError
from ssetape.records import Chunk
from ssetape.timeline import EventTimeline, TimedEvent

if TYPE_CHECKING:
    from ssetape.addon import recordings

_POLL_S = 0.25
# Read at a time: to parse so much takes some milliseconds, which a stream has to wait.
_PIECE_BYTES = 64 * 1024
# A rate is of this long before now.
_RATE_S = 5.0
# Of a last event no terminal shows more.
_SHOWN_CHARS = 300
# Lines that the table leaves to what is above and below it.
_SPARE_LINES = 4

Happening = dict[str, Any]


class Follower:
    """One capture, followed as it is written.

    Attributes:
        events: how many were complete so far.
        last: the data of the last of them.
        ended: whether the end was reached.
        shown: whether it has a row.
    """

    def __init__(self, recording: "recordings.Recording") -> None:
        self.recording = recording
        self.started_s = time.monotonic()
        self.events = 0
        self.last = ""
        self.ended = False
        self.shown = False
        self._offset = 0
        self._torn = b""
        self._timeline: EventTimeline | None = None
        self._last_s = 0.0
        self._id = ""
        self._history: list[tuple[float, int]] = [(self.started_s, 0)]

    @property
    def goes_on(self) -> bool:
        """Whether it is still being recorded, whether or not all of it was read."""
        return self.recording.reason is None

    @property
    def age_s(self) -> float:
        """How long it has gone on, or did."""
        return time.monotonic() - self.started_s if self.goes_on else self._last_s

    @property
    def rate(self) -> float:
        """Events a second, lately."""
        now_s = time.monotonic()
        while len(self._history) > 1 and self._history[1][0] < now_s - _RATE_S:
            del self._history[0]
        then_s, then = self._history[0]
        return (self.events - then) / max(now_s - then_s, _POLL_S)

    def read(self) -> tuple[list[Happening], bool]:
        """What has happened since the last time, and whether there is more to read at once."""
        over = self.recording.reason is not None  # asked first: what is there then, is all
        try:
            with self.recording.writer.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(_PIECE_BYTES)
        except OSError:  # somebody has removed it
            data = b""
        self._offset += len(data)
        *lines, self._torn = (self._torn + data).split(b"\n")
        happenings = [happening for line in lines for happening in self._line(line)]
        self._history.append((time.monotonic(), self.events))
        more = len(data) == _PIECE_BYTES
        if over and not more:
            self.ended = True
            happenings.append(self._end())
        return happenings, more

    def _line(self, line: bytes) -> Iterator[Happening]:
        record = orjson.loads(line)
        if isinstance(record, dict):
            yield self._start(record)
            return
        self._last_s, code, *rest = record
        if code == "head":
            self._timeline = EventTimeline([(n, v) for n, v in rest[0].get("headers", [])])
        elif code in ("<", "<b") and self._timeline is not None:
            data = rest[0].encode() if code == "<" else a2b_base64(rest[0])
            try:
                for event in self._timeline.feed(Chunk(self._last_s, data)):
                    yield self._event(event)
            except SsetapeError:  # no more of its events can be told; it is recorded all the same
                self._timeline = None

    def _start(self, header: Happening) -> Happening:
        self._id = header["id"]
        request = header["request"]
        return {
            "happened": "started",
            "stream": self._id,
            "path": str(self.recording.writer.path),
            "started": header["started"],
            "method": request["method"],
            "url": request["url"],
        }

    def _event(self, event: TimedEvent) -> Happening:
        self.events += 1
        self.last = event.data
        return {
            "happened": "event",
            "stream": self._id,
            "t": event.t_s,
            "t_first": event.t_first_s,
            "event": event.event,
            "data": event.data,
            "id": event.id,
            "retry": event.retry_ms,
        }

    def _end(self) -> Happening:
        return {
            "happened": "ended",
            "stream": self._id,
            "path": str(self.recording.writer.path),
            "end": self.recording.reason,
            "chunks": self.recording.writer.chunks,
            "bytes": self.recording.writer.size_bytes,
            "duration_s": self._last_s,
        }


class View:
    """Follows all recordings of this process, from `open` to `close`."""

    def __init__(self) -> None:
        self.followers: list[Follower] = []
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look, a few times a second."""
        from ssetape.addon import recordings

        recordings.on_start.append(self._follow)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Look a last time, and end; nothing if it was not opened."""
        from ssetape.addon import recordings

        if self._task is None:
            return
        recordings.on_start.remove(self._follow)
        self._closing.set()
        await self._task
        await self.look()

    async def look(self) -> None:
        """Read what is new, and show it."""
        raise NotImplementedError

    def _follow(self, recording: "recordings.Recording") -> None:
        self.followers.append(Follower(recording))

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _POLL_S)


class JsonView(View):
    """Prints each thing that happens as a line of JSON. Documented in `docs/json.md`."""

    async def look(self) -> None:
        for follower in self.followers:
            more = True
            while more:
                happenings, more = follower.read()
                # Not here: whoever reads the lines may be slow, and the streams have to go on.
                await asyncio.to_thread(_print, happenings)
        self.followers = [follower for follower in self.followers if not follower.ended]


def _print(happenings: list[Happening]) -> None:
    for happening in happenings:
        json_line(happening)


class TableView(View):
    """A table on the terminal that stderr is: a row a stream, those that go on and the latest."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self.console = console or Console(stderr=True, highlight=False)
        self._live = Live(
            console=self.console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )

    def open(self) -> None:
        self._live.start()
        super().open()

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self.console.print(Text(f"ssetape: {printable(text)}"), soft_wrap=True)

    async def look(self) -> None:
        # Those that have no row are not read: with very many that would hold up the streams.
        self.followers = self._on_show() + [f for f in self.followers if not f.shown and f.goes_on]
        shown = [follower for follower in self.followers if follower.shown]
        for follower in shown:
            if not follower.ended:
                follower.read()
                await asyncio.sleep(0)
        # Not here: a terminal may stand still.
        await asyncio.to_thread(self._live.update, self._table(shown), refresh=True)

    def _on_show(self) -> list[Follower]:
        room = max(1, self.console.height - _SPARE_LINES)
        going_on = [follower for follower in self.followers if follower.goes_on][-room:]
        rest = room - len(going_on)
        over = [follower for follower in self.followers if not follower.goes_on]
        chosen = {id(follower) for follower in going_on + (over[-rest:] if rest else [])}
        for follower in self.followers:
            follower.shown = id(follower) in chosen
        return [follower for follower in self.followers if follower.shown]

    def _table(self, followers: list[Follower]) -> Table:
        # Not to the edge: a ^C that the terminal echoes there would move all by one line.
        width = self.console.width - len("^C") - 1
        title_width = max(20, width // 3)
        table = Table(box=None, pad_edge=False, width=width, header_style="bold")
        table.add_column("stream", max_width=title_width, no_wrap=True)
        for heading in ("events", "per s", "bytes", "age"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("end", no_wrap=True)
        table.add_column("last event", ratio=1, no_wrap=True, overflow="ellipsis")
        for follower in followers:
            recording = follower.recording
            cells = (
                _short(recording.title, title_width),
                str(follower.events),
                f"{follower.rate:.1f}" if follower.goes_on else "",
                _size(recording.writer.size_bytes),
                f"{follower.age_s:.1f} s",
                recording.reason or "",
                follower.last[:_SHOWN_CHARS],
            )
            table.add_row(*(Text(printable(cell)) for cell in cells))
        return table


def _short(title: str, width: int) -> str:
    """Method and URL without scheme and query; where it is long, its end tells the most."""
    method, _, url = title.partition(" ")
    text = f"{method} {url.partition('://')[2].partition('?')[0]}"
    if len(text) <= width:
        return text
    return f"{method} …{text[len(text) - width + len(method) + 2 :]}"


def _size(size_bytes: int) -> str:
    if size_bytes < 10_000:
        return f"{size_bytes} B"
    return f"{size_bytes / 1e3:.0f} kB" if size_bytes < 10_000_000 else f"{size_bytes / 1e6:.0f} MB"
