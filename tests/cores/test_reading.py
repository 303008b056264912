"""Captures are read by several processes as by one: the same results, in the same order."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reading_work import data_of, here, odd_ones_fail

from ssetape.capture import Capture
from ssetape.cores import reading
from ssetape.cores.reading import each_read
from ssetape.errors import CaptureError

Write = Callable[..., Path]


@pytest.fixture
def captures(capture_file: Write) -> list[Capture]:
    """More than a process gets at once."""
    return [Capture(capture_file([(0.1, b"data: %d\n\n" % n)])) for n in range(70)]


def test_results_come_in_order_whoever_made_them(captures: list[Capture]) -> None:
    one, several = (
        [(read.name, list(read.items)) for read in each_read(data_of, captures, jobs)]
        for jobs in (1, 3)
    )
    assert one == several
    assert [data for _, (data,) in several] == [str(n) for n in range(70)]


def test_a_failure_is_that_of_one_capture(captures: list[Capture]) -> None:
    found: list[str] = []
    failed: list[str] = []
    for name, items in each_read(odd_ones_fail, captures, 2):
        try:
            found += items
        except CaptureError as error:
            failed.append(str(error).replace(name, "NAME"))
    ended = "NAME: the process that read it ended with 7"
    assert failed == ["NAME, line 3: is odd", "NAME: thrown by a bug", ended]
    # What a process had when it ended is lost.
    assert found == [str(n) for n in range(70) if n != 55]


@pytest.mark.parametrize("jobs", [None, 1])
def test_few_captures_are_read_here(captures: list[Capture], jobs: int | None) -> None:
    assert {pid for read in each_read(here, captures, jobs) for pid in read.items} == {os.getpid()}


def test_many_or_large_ones_are_read_by_as_many_processes_as_there_are_cores(
    captures: list[Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(work: object, captures: Iterator[Capture], jobs: int) -> Iterator[reading.Read]:
        asked.append(jobs)
        assert len(list(captures)) == 70
        return iter(())

    monkeypatch.setattr(reading, "_read_there", noted)
    monkeypatch.setattr(reading, "all_cores", lambda: 5)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "LEAST_CAPTURES", 70)
        each_read(here, captures, None)
    monkeypatch.setattr(reading, "LEAST_BYTES", 70)
    each_read(here, captures, None)
    assert asked == [5, 5]


def test_the_processes_end_with_whoever_stops_reading(captures: list[Capture]) -> None:
    results = each_read(here, captures, 2)
    pids = {pid for _ in range(40) for pid in next(results).items}
    assert os.getpid() not in pids
    results.close()  # type: ignore[attr-defined]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
