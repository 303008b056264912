import pytest

from ssetape.replay import counts as counts_module
from ssetape.replay.counts import OwnCounts, PartOfCounts


def test_every_key_has_a_count_of_its_own() -> None:
    counts = OwnCounts()
    assert [counts.next(key) for key in ("a", "b", "a", "a")] == [0, 0, 1, 2]


def test_the_counts_of_the_least_recent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_module, "_REMEMBERED", 2)
    counts = OwnCounts()
    for key in ("a", "b", "a", "c"):
        counts.next(key)
    assert (counts.next("a"), counts.next("b")) == (2, 0)


def test_parts_do_not_share_their_keys() -> None:
    whole = OwnCounts()
    one, other = PartOfCounts(whole, "one"), PartOfCounts(whole, "other")
    assert [one.next("a"), one.next("a"), other.next("a")] == [0, 1, 0]
