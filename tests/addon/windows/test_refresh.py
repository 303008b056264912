import logging
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import http

from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.refresh import Refresh
from ssetape.addon.windows.shelf import Shelf

Stream = Callable[..., http.HTTPFlow]
Keep = Callable[..., Kept]


class FakeLoop:
    """An event loop whose time is as it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.planned: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, when_s: float, call: Callable[[], None]) -> Any:
        self.planned.append((when_s, call))
        loop, entry = self, self.planned[-1]

        class Timer:
            def cancel(self) -> None:
                loop.planned.remove(entry)

        return Timer()

    def run_until(self, until_s: float) -> None:
        while self.planned and min(self.planned)[0] <= until_s:
            entry = min(self.planned, key=lambda each: each[0])
            self.planned.remove(entry)
            self.now_s = max(self.now_s, entry[0])
            entry[1]()
        self.now_s = max(self.now_s, until_s)


def refresh(loop: FakeLoop, cost_s: float = 0.0) -> tuple[Refresh, list[http.HTTPFlow]]:
    shown: list[http.HTTPFlow] = []

    def update(flow: http.HTTPFlow) -> None:
        loop.now_s += cost_s
        shown.append(flow)

    return Refresh(update, loop), shown


def test_a_flow_is_shown_some_times_a_second_whatever_comes(stream: Stream, keep: Keep) -> None:
    loop = FakeLoop()
    shows, shown = refresh(loop)
    flow = stream()
    found = keep(flow, Shelf(1 << 30), shows.mark)
    for number in range(1000):
        found.came(number / 100, b"data: a\n\n")
        loop.run_until(number / 100)
    assert 20 < len(shown) < 40  # in ten seconds
    assert flow.response is not None
    assert len(flow.response.raw_content or b"") > 8000


def test_all_flows_together_get_a_small_part_of_the_time(stream: Stream, keep: Keep) -> None:
    loop = FakeLoop()
    shows, shown = refresh(loop, cost_s=0.001)
    every = [keep(stream(), None, shows.mark) for _ in range(100)]
    for number in range(100):
        for found in every:
            found.came(1.0, b"data: a\n\n")
        loop.run_until(number / 10)
    assert 0.2 < len(shown) * 0.001 < 0.5  # of ten seconds
    counts = [shown.count(found.flow) for found in every]
    assert max(counts) - min(counts) <= 1  # in turn


def test_after_a_long_look_nothing_asks_for_the_next_one_for_long(
    stream: Stream, keep: Keep
) -> None:
    loop = FakeLoop()
    shows, shown = refresh(loop)
    found = keep(stream(), None, shows.mark)
    found.came(1.0, b"data: a\n\n")
    shows.looked(0.05)
    loop.run_until(1.0)
    assert shown == []
    loop.run_until(2.0)
    assert shown == [found.flow]


def test_of_a_flow_that_has_ended_mitmproxy_tells_itself(stream: Stream, keep: Keep) -> None:
    loop = FakeLoop()
    shows, shown = refresh(loop)
    found = keep(stream(), None, shows.mark)
    found.came(1.0, b"data: a\n\n")
    found.ended(2.0, "complete", {})
    loop.run_until(5.0)
    assert shown == []


def test_updates_that_fail_are_logged_once_and_the_others_go_on(
    stream: Stream, keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    loop = FakeLoop()

    tried: list[http.HTTPFlow] = []

    def broken(flow: http.HTTPFlow) -> None:
        tried.append(flow)
        raise RuntimeError("made on purpose")

    shows = Refresh(broken, loop)
    all_kept = [keep(stream(), None, shows.mark) for _ in range(3)]
    with caplog.at_level(logging.ERROR, "ssetape"):
        for until_s in (5.0, 10.0):
            for found in all_kept:
                found.came(1.0, b"data: a\n\n")
            loop.run_until(until_s)
    assert tried == [found.flow for found in all_kept] * 2
    assert len(caplog.records) == 1


def test_what_was_waiting_at_its_end_may_be_marked_again(stream: Stream, keep: Keep) -> None:
    loop = FakeLoop()
    shows, _ = refresh(loop)
    found = keep(stream(), None, shows.mark)
    found.came(1.0, b"data: a\n\n")
    assert found.is_marked
    shows.stop()
    assert loop.planned == []
    assert not found.is_marked
