from ssetape.replay.lateness import LatenessWatch
from ssetape.replay.meter import Meter


class Watched:
    def __init__(self) -> None:
        self.meter = Meter()
        self.lines: list[str] = []
        self.watch = LatenessWatch(self.meter, self.lines.append)

    def second(self, on_time: int = 0, late: int = 0) -> None:
        for _ in range(on_time):
            self.meter.note_late(5_000_000)
        for _ in range(late):
            self.meter.note_late(5_000_001)
        self.watch.second()


def test_what_is_late_is_told_with_how_much_of_it() -> None:
    watched = Watched()
    watched.second(on_time=2_000, late=1_000)
    (line,) = watched.lines
    assert line.startswith("late: 1,000 of the last 3,000 chunks were sent over 5 ms after their")


def test_a_late_chunk_among_many_and_silence_are_not_told() -> None:
    watched = Watched()
    watched.second(on_time=99, late=1)
    watched.second()
    watched.second(on_time=5)
    assert watched.lines == []
    watched.second(on_time=98, late=1)
    assert len(watched.lines) == 1


def test_it_is_told_once_in_a_while_and_then_of_all_since() -> None:
    watched = Watched()
    for _ in range(31):
        watched.second(on_time=10, late=10)
    assert len(watched.lines) == 1
    watched.second(on_time=10, late=10)
    assert len(watched.lines) == 2
    assert "late: 310 of the last 620 chunks" in watched.lines[1]
