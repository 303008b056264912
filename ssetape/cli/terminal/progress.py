"""A progress bar on stderr for verbs that read many captures, if a person is waiting."""

import sys
import threading
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")

# Work that takes less time needs no bar.
DELAY_S = 1.0


@contextmanager
def progress(
    items: Iterable[Item], doing: str, total: int | None = None
) -> Iterator[Iterator[Item]]:
    """Pass the items through, and show progress if stderr is a terminal and it takes long.

        with progress(captures, "reading") as each:
            for capture in each: ...

    The bar disappears after the last item, and at the end of the block. What is written to
    stderr meanwhile appears above it.

    Args:
        doing: the verb that describes the work, as "reading".
        total: the number of items, if it is known and `items` has no length.
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
    """A bar that appears by itself, as a single item may take long.

    Attributes:
        done: the number of finished items. The bar reads it whenever it is drawn.
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
        # Importing rich takes as long as importing everything else.
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
                # Only the output stays on the screen.
                transient=True,
                # Verbs print bytes, which rich's replacement of stdout does not accept.
                redirect_stdout=False,
            )
            self._shown.add_task(self._doing, total=self._total)
            self._shown.start()
