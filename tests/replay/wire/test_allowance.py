from ssetape.replay.wire.allowance import LIMIT, PER_FRAME, PER_S, Allowance

S = 1_000_000_000


def spend(allowance: Allowance, now_ns: int = 0) -> int:
    count = 0
    while allowance.spend(now_ns):
        count += 1
    return count


def test_a_client_may_cancel_all_of_its_requests_at_once_but_not_go_on() -> None:
    assert spend(Allowance(0)) == LIMIT


def test_each_frame_that_it_reads_allows_two() -> None:
    allowance = Allowance(0)
    for _ in range(5 * LIMIT):
        allowance.earn()
        assert all(allowance.spend(0) for _ in range(PER_FRAME))


def test_with_time_there_is_more_but_never_more_than_at_first() -> None:
    allowance = Allowance(0)
    spend(allowance)
    assert spend(allowance, 2 * S) == 2 * PER_S - 1
    assert spend(allowance, 3600 * S) == LIMIT
