"""Reads many captures on all cores: each by a process of its own, the results in order.

What it takes to start processes is imported when that pays.
"""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ssetape.capture import Capture
from ssetape.errors import CaptureError

if TYPE_CHECKING:
    from ssetape.cores.program import Answer

Item = TypeVar("Item")
Work = Callable[[Capture], Iterable[Item]]

# Starting processes takes as long as reading so many captures, or so much of large ones.
LEAST_CAPTURES = 200
LEAST_BYTES = 8 * 1024 * 1024
# Captures that a process gets at once: a pipe's delay counts once for all.
_BATCH = 32
_BATCH_BYTES = 1024 * 1024
# Batches for each process that are read ahead of the one whose turn it is.
_AHEAD = 3


class Read(NamedTuple):
    """What was made of a capture.

    Attributes:
        name: the capture's name.
        items: what the work gave, as it is read. Raises CaptureError if the work failed, after
            what it gave before.
    """

    name: str
    items: Iterator[Any]


class Failed(CaptureError):
    """The work on a capture failed in another process."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def all_cores() -> int:
    """How many cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux has it
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def each_read(work: Work[Any], captures: Iterable[Capture], jobs: int | None = 1) -> Iterator[Read]:
    """Yield what `work` makes of each capture, in their order.

    Args:
        work: can be pickled, as can its items.
        jobs: how many processes read; 1 to read here. None for one on each core where that pays.
    """
    captures = iter(captures)
    if jobs is None:
        first = list(islice(captures, LEAST_CAPTURES))
        pays = len(first) == LEAST_CAPTURES or sum(map(_size_bytes, first)) >= LEAST_BYTES
        jobs = min(all_cores(), len(first)) if pays else 1
        captures = chain(first, captures)
    if jobs > 1:
        return _read_there(work, captures, jobs)
    return (Read(capture.name, iter(work(capture))) for capture in captures)


def _read_there(work: Work[Any], captures: Iterable[Capture], jobs: int) -> Iterator[Read]:
    from concurrent.futures import Future, ThreadPoolExecutor  # a single capture needs none
    from queue import SimpleQueue

    from ssetape.cores.process import Process

    idle: SimpleQueue[Process] = SimpleQueue()
    processes = [Process(work) for _ in range(jobs)]
    for process in processes:
        idle.put(process)

    def ask(batch: list[Capture]) -> "list[Answer]":
        process = idle.get()
        try:
            return process.ask([(capture.path, capture.name) for capture in batch])
        finally:
            idle.put(process)

    threads = ThreadPoolExecutor(jobs)
    pending: deque[tuple[list[Capture], Future[list[Answer]]]] = deque()

    def oldest() -> Iterator[Read]:
        batch, answers = pending.popleft()
        for capture, answer in zip(batch, answers.result(), strict=True):
            there = _unpacked(answer)
            yield Read(capture.name, iter(work(capture)) if there is None else there)

    try:
        for batch in _batches(captures):
            pending.append((batch, threads.submit(ask, batch)))
            if len(pending) > _AHEAD * jobs:
                yield from oldest()
        while pending:
            yield from oldest()
    finally:
        for process in processes:
            process.stop()
        threads.shutdown(cancel_futures=True)
        for process in processes:
            process.end()


def _batches(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    batch: list[Capture] = []
    size_bytes = 0
    for capture in captures:
        batch.append(capture)
        size_bytes += _size_bytes(capture)
        if len(batch) == _BATCH or size_bytes >= _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def _size_bytes(capture: Capture) -> int:
    try:
        return os.stat(capture.path).st_size
    except OSError:
        return 0  # gone; whoever reads it says so


def _unpacked(answer: "Answer") -> Iterator[Any] | None:
    if answer is None:
        return None
    items, failure = answer

    def unpacked() -> Iterator[Any]:
        yield from map(pickle.loads, items)
        if failure is not None:
            raise Failed(failure)

    return unpacked()
