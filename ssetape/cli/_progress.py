"""A bar on stderr for verbs that go through many captures, if a person waits for them."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import ExitStack, contextmanager
from typing import TypeVar

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

    Args:
        doing: what is done to them, one word.
        total: how many there are, if that is known and `items` does not say.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield iter(items)
        return
    if total is None and isinstance(items, Sized):
        total = len(items)
    with ExitStack() as shown:
        yield _watched(items, doing, total, shown)


def _watched(
    items: Iterable[Item], doing: str, total: int | None, shown: ExitStack
) -> Iterator[Item]:
    begun_s = time.monotonic()
    bar = task = None
    for number, item in enumerate(items):
        if bar is not None and task is not None:
            bar.update(task, completed=number)
        elif time.monotonic() - begun_s >= DELAY_S:
            # rich takes as long to import as all else together.
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
            # Transient, and so gone before the output: what is left on the screen is that alone.
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            shown.enter_context(bar)
            task = bar.add_task(doing, total=total, completed=number)
        yield item
    shown.close()
