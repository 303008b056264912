"""Live views of a recording: a table for a terminal, JSON lines for programs.

They read the captures' files as these grow, without delaying the recording.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ssetape.cli.running.follower import POLL_S, Follower, Happening
from ssetape.cli.terminal.output import json_line
from ssetape.output.printable import printable

if TYPE_CHECKING:
    from ssetape.recording import recording as recordings

# More of the last event than any terminal shows.
_SHOWN_CHARS = 300
# Lines that the table leaves free, above and below it.
_SPARE_LINES = 4


class View:
    """Follows all recordings of this process, from `open` to `close`."""

    def __init__(self) -> None:
        self.followers: list[Follower] = []
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start to look, a few times per second."""
        from ssetape.recording import recording as recordings

        recordings.on_start.append(self._follow)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Look once more, and stop; do nothing if not opened."""
        from ssetape.recording import recording as recordings

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
                await asyncio.wait_for(self._closing.wait(), POLL_S)


class JsonView(View):
    """Prints each start, event and end as a line of JSON, documented in `docs/json.md`."""

    async def look(self) -> None:
        for follower in self.followers:
            more = True
            while more:
                happenings, more = follower.read()
                # In a thread: a slow reader of the lines must not delay the streams.
                await asyncio.to_thread(_print, happenings)
        self.followers = [follower for follower in self.followers if not follower.ended]


def _print(happenings: list[Happening]) -> None:
    for happening in happenings:
        json_line(happening)


class TableView(View):
    """A table on stderr's terminal, a row per stream: running streams, then the latest ended."""

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
        # Only captures with a row are read: reading very many would delay the streams.
        self.followers = self._on_show() + [f for f in self.followers if not f.shown and f.goes_on]
        shown = [follower for follower in self.followers if follower.shown]
        for follower in shown:
            if not follower.ended:
                follower.read()
                await asyncio.sleep(0)
        # In a thread: a terminal may block.
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
        # Not to the edge: a ^C that the terminal echoes there would shift the table by a line.
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
                "1 body" if follower.is_one_body else str(follower.events),
                f"{follower.rate:.1f}" if follower.goes_on else "",
                _size(recording.writer.size_bytes),
                f"{follower.age_s:.1f} s",
                recording.reason or "",
                follower.last[:_SHOWN_CHARS],
            )
            table.add_row(*(Text(printable(cell)) for cell in cells))
        return table


def _short(title: str, width: int) -> str:
    """Method and URL without scheme and query; a long URL keeps its end, which says the most."""
    method, _, url = title.partition(" ")
    text = f"{method} {url.partition('://')[2].partition('?')[0]}"
    if len(text) <= width:
        return text
    return f"{method} …{text[len(text) - width + len(method) + 2 :]}"


def _size(size_bytes: int) -> str:
    if size_bytes < 10_000:
        return f"{size_bytes} B"
    return f"{size_bytes / 1e3:.0f} kB" if size_bytes < 10_000_000 else f"{size_bytes / 1e6:.0f} MB"
