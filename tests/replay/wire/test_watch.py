import pytest

from ssetape.replay.wire.watch import LEAST_BYTES, PERIOD_S, UNREAD_PERIODS, Signs, Watch


class Connection:
    """A connection that counts why it is to be closed."""

    def __init__(self, *, is_playing: bool = False, unsent_bytes: int = 0) -> None:
        self.signs = Signs()
        self.is_playing = is_playing
        self.unsent_bytes = unsent_bytes
        self.whys: list[str] = []

    def expire(self, why: str) -> None:
        self.whys.append(why)


def pass_s(watch: Watch, seconds: int) -> None:
    for _ in range(seconds):
        watch.second()


def watched(connection: Connection, after_s: int = 7) -> Watch:
    watch = Watch()
    pass_s(watch, after_s)
    watch.add(connection)
    return watch


def test_a_client_that_asks_nothing_is_closed_after_a_period() -> None:
    connection = Connection()
    watch = watched(connection)
    pass_s(watch, PERIOD_S - 1)
    assert connection.whys == []
    pass_s(watch, 1)
    assert connection.whys == [f"no complete request came within {PERIOD_S} s"]


def test_a_client_that_drips_is_closed_and_one_that_uploads_is_not() -> None:
    drips, uploads, asks = Connection(), Connection(), Connection()
    watch = watched(drips)
    watch.add(uploads)
    watch.add(asks)
    for _ in range(3):
        drips.signs.received_bytes += LEAST_BYTES - 1
        uploads.signs.received_bytes += LEAST_BYTES
        asks.signs.requests += 1
        pass_s(watch, PERIOD_S)
    assert len(drips.whys) == 3
    assert uploads.whys == asks.whys == []
    pass_s(watch, PERIOD_S)
    assert uploads.whys
    assert asks.whys


def test_what_is_being_played_may_be_silent_for_ever() -> None:
    connection = Connection(is_playing=True)
    watch = watched(connection)
    pass_s(watch, 100 * PERIOD_S)
    assert connection.whys == []


@pytest.mark.parametrize("reads", [True, False])
def test_a_client_that_reads_nothing_of_a_stream_is_closed_and_a_slow_one_is_not(
    reads: bool,
) -> None:
    connection = Connection(is_playing=True, unsent_bytes=100_000)
    watch = watched(connection)
    for _ in range(UNREAD_PERIODS + 1):
        assert connection.whys == []
        connection.unsent_bytes += -1 if reads else 1
        pass_s(watch, PERIOD_S)
    assert bool(connection.whys) is not reads


def test_what_is_removed_is_not_looked_at() -> None:
    connection = Connection()
    watch = watched(connection)
    watch.remove(connection)
    watch.remove(connection)
    pass_s(watch, 2 * PERIOD_S)
    assert connection.whys == []
