import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import pytest

from ssetape.replay import timer as timer_module
from ssetape.replay.timer import Timer, now_ns

MS = 1_000_000

linux = pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")


@pytest.fixture(params=[pytest.param("timerfd", marks=linux), "loop"])
def alarm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which alarm the tests use: the precise one, or the one that is there everywhere."""
    if request.param == "loop":
        monkeypatch.setattr(timer_module, "_alarm", timer_module._LoopAlarm)
    return str(request.param)


class Player:
    """Plays `deadlines`, one after the other, and notes when."""

    def __init__(self, deadlines: list[int], log: list[object], name: object = None) -> None:
        self.deadlines = deadlines
        self.log = log
        self.name = name
        self.played: list[tuple[int, int]] = []
        self.done = asyncio.get_running_loop().create_future()

    def play(self, now: int) -> int | None:
        self.played.append((self.deadlines.pop(0), now))
        self.log.append(self.name)
        if self.deadlines:
            return self.deadlines[0]
        self.done.set_result(None)
        return None


def run(test: Callable[[Timer], Awaitable[None]]) -> None:
    async def main() -> None:
        timer = Timer(asyncio.get_running_loop())
        try:
            await asyncio.wait_for(test(timer), 10)
        finally:
            timer.close()

    asyncio.run(main())


@pytest.mark.usefixtures("alarm")
def test_a_player_is_called_at_its_deadlines_and_never_before() -> None:
    async def check(timer: Timer) -> None:
        start = now_ns()
        player = Player([start + delay * MS // 4 for delay in range(1, 60)], [])
        timer.schedule(player.deadlines[0], player)
        await player.done
        assert len(player.played) == 59
        for deadline, now in player.played:
            assert deadline <= now <= now_ns()
            assert now < deadline + 2_000 * MS

    run(check)


@pytest.mark.usefixtures("alarm")
def test_players_are_called_in_the_order_of_their_deadlines() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        start = now_ns() + 20 * MS
        order = [7, 2, 9, 4, 0, 8, 1, 6, 3, 5]
        players = [Player([start + number * MS // 2], log, number) for number in order]
        for player in players:
            timer.schedule(player.deadlines[0], player)
        await asyncio.gather(*[player.done for player in players])
        assert log == sorted(order)

    run(check)


@pytest.mark.usefixtures("alarm")
def test_equal_deadlines_are_met_in_the_order_they_were_set() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        deadline = now_ns() + 5 * MS
        players = [Player([deadline], log, number) for number in range(20)]
        for player in players:
            timer.schedule(deadline, player)
        await asyncio.gather(*[player.done for player in players])
        assert log == list(range(20))

    run(check)


@pytest.mark.usefixtures("alarm")
def test_an_earlier_deadline_set_later_comes_first() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        late = Player([now_ns() + 60 * MS], log, "late")
        timer.schedule(late.deadlines[0], late)
        early = Player([now_ns() + 10 * MS], log, "early")
        timer.schedule(early.deadlines[0], early)
        await late.done
        assert log == ["early", "late"]

    run(check)


@pytest.mark.usefixtures("alarm")
def test_deadlines_of_the_past_are_met_at_once() -> None:
    async def check(timer: Timer) -> None:
        player = Player([-5, 0, 1, now_ns() - MS], [])
        timer.schedule(-5, player)
        await player.done
        assert len(player.played) == 4

    run(check)


@pytest.mark.usefixtures("alarm")
def test_many_due_at_once_leave_the_loop_its_turn() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        count = 3 * timer_module._BATCH
        players = [Player([1], log) for _ in range(count)]
        seen = []

        class Watcher:
            def play(self, now: int) -> None:
                # Asked for first, the loop's own callback comes between two batches.
                asyncio.get_running_loop().call_soon(lambda: seen.append(len(log)))

        timer.schedule(0, Watcher())
        for player in players:
            timer.schedule(1, player)
        await asyncio.gather(*[player.done for player in players])
        assert len(log) == count
        assert seen[0] < count

    run(check)


@pytest.mark.usefixtures("alarm")
def test_what_is_due_already_needs_no_alarm_and_delays_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        later = Player([now_ns() + 20 * MS, now_ns() + 40 * MS], log, "later")
        timer.schedule(later.deadlines[0], later)
        with monkeypatch.context() as patch:
            patch.setattr(timer._alarm, "set", lambda deadline_ns: log.append("set"))
            due = Player([0, 1, 2], log, "due")
            timer.schedule(0, due)
            assert log == []
        await later.done
        assert log == ["due"] * 3 + ["later"] * 2

    run(check)


@pytest.mark.usefixtures("alarm")
def test_a_player_may_schedule_another() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        second = Player([now_ns()], log, "second")

        class First:
            def play(self, now: int) -> None:
                log.append("first")
                timer.schedule(now, second)

        timer.schedule(now_ns() + MS, First())
        await second.done
        assert log == ["first", "second"]

    run(check)


@pytest.mark.usefixtures("alarm")
def test_a_player_may_schedule_one_that_is_already_late() -> None:
    async def check(timer: Timer) -> None:
        log: list[object] = []
        late = Player([0], log, "late")

        class First:
            def play(self, now: int) -> None:
                log.append("first")
                timer.schedule(0, late)

        timer.schedule(now_ns() + MS, First())
        await late.done
        await asyncio.sleep(0.01)
        assert log == ["first", "late"]

    run(check)


@pytest.mark.usefixtures("alarm")
def test_after_closing_nobody_is_called() -> None:
    async def main() -> None:
        timer = Timer(asyncio.get_running_loop())
        player = Player([now_ns() + 10 * MS], [])
        timer.schedule(player.deadlines[0], player)
        timer.close()
        timer = Timer(asyncio.get_running_loop())
        timer.schedule(0, player)
        timer.close()
        await asyncio.sleep(0.05)
        assert player.played == []

    asyncio.run(main())


@pytest.mark.usefixtures("alarm")
def test_a_deadline_that_no_clock_reaches_stops_nobody() -> None:
    async def check(timer: Timer) -> None:
        never = Player([10**40], [])
        timer.schedule(10**40, never)
        player = Player([now_ns() + MS], [])
        timer.schedule(player.deadlines[0], player)
        await player.done
        assert never.played == []

    run(check)


@linux
def test_closing_gives_the_descriptor_back() -> None:
    async def main() -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            Timer(asyncio.get_running_loop()).close()
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(main())


@linux
def test_without_a_timerfd_the_loop_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoReader(asyncio.SelectorEventLoop):
        def add_reader(self, fd: object, callback: object, *args: object) -> None:
            raise NotImplementedError

    loop = asyncio.new_event_loop()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(loop, "add_reader", NoReader.add_reader.__get__(loop))
            timer = Timer(loop)
        assert isinstance(timer._alarm, timer_module._LoopAlarm)
        timer.close()
    finally:
        loop.close()


def test_a_turn_of_the_loop_has_one_time() -> None:
    async def go() -> None:
        timer = Timer(asyncio.get_running_loop())
        try:
            before = now_ns()
            first = timer.turn_ns()
            assert before <= first <= now_ns()
            while now_ns() == first:
                pass
            assert timer.turn_ns() == first
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert timer.turn_ns() > first
        finally:
            timer.close()

    asyncio.run(go())


def test_what_is_ready_beside_a_long_batch_was_ready_before_it() -> None:
    async def go() -> None:
        timer = Timer(asyncio.get_running_loop())
        seen: list[int] = []

        class Busy:
            def play(self, now_ns: int) -> int | None:
                seen.append(timer_module.now_ns())
                return None

        try:
            for _ in range(20):
                timer.schedule(1, Busy())
            while not seen:
                await asyncio.sleep(0)
            assert timer.turn_ns() <= seen[0] or len(seen) < 20
        finally:
            timer.close()

    asyncio.run(go())
