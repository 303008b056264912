from ssetape.replay import counts
from ssetape.replay.counts import OwnCounts, PartOfCounts


def test_each_key_is_counted_from_0() -> None:
    own = OwnCounts()
    assert [own.next(key) for key in ("a", "b", "a", ("a", 1), "a")] == [0, 0, 1, 0, 2]


def test_the_least_recently_used_key_is_forgotten_first() -> None:
    own = OwnCounts()
    own.next("old")
    own.next("used")
    for key in range(counts._REMEMBERED - 2):
        own.next(key)
    own.next("used")
    own.next("one more")
    assert (own.next("used"), own.next("old")) == (2, 0)


def test_parts_do_not_count_each_others_keys() -> None:
    whole = OwnCounts()
    one, other = PartOfCounts(whole, "one"), PartOfCounts(whole, "other")
    assert [one.next("key"), one.next("key"), other.next("key"), whole.next("key")] == [0, 1, 0, 0]
