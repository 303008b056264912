"""A bar on stderr for verbs that go through many captures, if a person waits for them."""

import sys
import threading
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")

# What is done sooner needs no bar.
DELAY_S = 1.0


@contextmanager
def progress(
    items: Iterable[Item], doing: str, total: int | None = None
) -> Iterator[Iterator[Item]]:
    """Give the items on; show how far they got, where stderr is a terminal and it takes long.

        with progress(captures, "reading") as each:
            for capture in each: ...

    The bar is gone once the last item is, and at the end of the block. What is written to
    stderr meanwhile stands above it.

    Args:
        doing: what is done to them, one word.
        total: how many there are, if that is known and `items` does not say.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield iter(items)
        return
    if total is None and isinstance(items, Sized):
        total = len(items)
    bar = _Bar(doing, total)
    try:
        yield _watched(items, bar)
    finally:
        bar.stop()


def _watched(items: Iterable[Item], bar: "_Bar") -> Iterator[Item]:
    for item in items:
        yield item
        bar.done += 1
    bar.stop()


class _Bar:
    """A bar that appears by itself: one item alone may take long.

    Attributes:
        done: how many items are done. The bar looks here, as often as it is drawn.
    """

    def __init__(self, doing: str, total: int | None) -> None:
        self.done = 0
        self._doing = doing
        self._total = total
        self._shown: Progress | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(DELAY_S, self._show)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._shown is not None:
                self._shown.stop()
                self._shown = None

    def _show(self) -> None:
        # rich takes as long to import as all else together.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, Task, TextColumn
        from rich.text import Text

        class Done(TextColumn):
            def render(column, task: Task) -> Text:
                task.completed = self.done
                return Text(f"{self.done:,}" + (f" of {task.total:,.0f}" if task.total else ""))

        with self._lock:
            if self._is_over:
                return
            self._shown = Progress(
                TextColumn("{task.description}"),
                Done(""),
                BarColumn(),
                console=Console(stderr=True),
                # Gone before the output: what is left on the screen is that alone.
                transient=True,
                # Verbs print bytes, which rich's stand-in for stdout does not take.
                redirect_stdout=False,
            )
            self._shown.add_task(self._doing, total=self._total)
            self._shown.start()
