import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from ssetape.replay.workers import shared_counts
from ssetape.replay.workers.shared_counts import SharedCounts

# Forked processes count together, and one of them is killed while it holds the lock.
PROGRAM = """
import collections, fcntl, json, os, signal
from ssetape.replay.workers.shared_counts import SharedCounts

counts = SharedCounts()
pids = []
for _ in range(3):
    pids.append(os.fork())
    if not pids[-1]:
        for n in range(300):
            counts.next("all")
            counts.next(("each", n))
        with counts._locked():
            os.kill(os.getpid(), signal.SIGKILL)
for pid in pids:
    os.waitpid(pid, 0)
found = {counts.next(("each", n)) for n in range(300)}
print(json.dumps([counts.next("all"), sorted(found), counts.next("new")]))
"""


@pytest.fixture
def counts() -> Iterator[SharedCounts]:
    with closing(SharedCounts()) as made:
        yield made


def test_keys_are_counted_from_0(counts: SharedCounts) -> None:
    keys = ["a", ("a", 1), "a", "b", "a", ("a", 1)]
    assert [counts.next(key) for key in keys] == [0, 0, 1, 0, 2, 1]


def test_in_a_full_bucket_the_least_recently_used_goes(
    counts: SharedCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_BUCKETS", 1)
    counts.next("used")
    counts.next("old")
    for n in range(shared_counts._IN_BUCKET - 2):
        counts.next(("another", n))
    assert counts.next("used") == 1
    counts.next("one more")
    assert [counts.next("used"), counts.next("old")] == [2, 0]


def test_forked_processes_count_together_even_if_one_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout) == [900, [3], 0]
