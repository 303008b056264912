import asyncio

from ssetape.replay.timer import now_ns
from ssetape.replay.wire.backlog import Backlog


class Work:
    """Work of some parts, each of which takes longer than a turn."""

    def __init__(self, name: str, parts: int, log: list[str]) -> None:
        self.name, self.parts, self.log = name, parts, log

    def work(self, until_ns: int) -> bool:
        self.log.append(self.name)
        self.parts -= 1
        while now_ns() < until_ns:
            pass
        return self.parts > 0


def test_all_get_their_turn_and_others_get_theirs_in_between() -> None:
    log: list[str] = []

    async def main() -> None:
        backlog = Backlog()
        works = [Work("a", 50, log), Work("b", 2, log), Work("c", 1, log)]
        for work in works:
            backlog.add(work)
            backlog.add(work)
        while any(work.parts for work in works):
            log.append("turn")
            await asyncio.sleep(0)

    asyncio.run(main())
    assert log.count("a") == 50
    assert (log.count("b"), log.count("c")) == (2, 1)
    assert log.index("c") < len(log) - 40  # long before a has done
    parts = "".join("|" if name == "turn" else name for name in log).split("|")
    assert all(len(set(part)) == len(part) <= 3 for part in parts)  # one part each, a turn


def test_without_work_nothing_is_scheduled() -> None:
    log: list[str] = []

    async def main() -> None:
        backlog = Backlog()
        for _ in range(2):
            backlog.add(Work("a", 1, log))
            for _ in range(5):
                await asyncio.sleep(0)

    asyncio.run(main())
    assert log == ["a", "a"]
