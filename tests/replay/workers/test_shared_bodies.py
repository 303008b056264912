import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.pieces import Abort, Piece, Wait
from ssetape.replay.workers import shared_bodies
from ssetape.replay.workers.shared_bodies import SharedBodies

Make = Callable[..., Any]

BODY: list[Piece] = [(5, b"data: a\n\n"), (7, b""), (2**40, b"\xff" * 3000), (2**40, Abort.RESET)]
PIECES = st.tuples(
    st.integers(0, 2**62), st.binary(max_size=50) | st.sampled_from([Abort.CLOSE, Abort.RESET])
)

# What one process has kept, those forked from the same one find; who keeps it again has the same.
PROGRAM = """
import json, os
from ssetape.replay.workers import shared_bodies
from ssetape.replay.workers.shared_bodies import SharedBodies

bodies = SharedBodies(100_000)
for n in range(2):
    pid = os.fork()
    if not pid:
        for key in range(200):
            bodies.keep(("body", key), [(key, b"%d" % key)])
        os._exit(0)
    os.waitpid(pid, 0)
found = [list(bodies.find(("body", key))) == [(key, b"%d" % key)] for key in range(200)]
print(json.dumps([all(found), shared_bodies._HEAD.unpack_from(bodies._memory)[1]]))
"""


@pytest.fixture
def bodies() -> Iterator[SharedBodies]:
    with closing(SharedBodies(10_000)) as made:
        yield made


def test_a_body_comes_out_as_it_was_put_in(bodies: SharedBodies) -> None:
    kept = bodies.keep((1, "how"), BODY)
    assert kept is not None
    assert list(kept) == BODY
    assert list(kept) == BODY  # each client has an iterator of its own
    found = bodies.find((1, "how"))
    assert found is not None
    assert list(found) == BODY


@given(st.lists(PIECES, max_size=20))
def test_whatever_it_is(body: list[Piece]) -> None:
    with closing(SharedBodies(10_000)) as bodies:
        bodies.keep("before", BODY)
        kept = bodies.keep("key", body)
        assert kept is not None
        assert list(kept) == body


def test_another_key_has_another_body(bodies: SharedBodies) -> None:
    bodies.keep((1, "how"), BODY)
    assert bodies.find((1, "otherwise")) is None
    assert bodies.find((2, "how")) is None


@pytest.mark.parametrize("body", [[(1, Wait.FOR_REQUEST)], [b"part"], [(1, 2, 3)]], ids=str)
def test_what_is_no_body_is_not_kept(bodies: SharedBodies, body: list[Any]) -> None:
    assert bodies.keep("key", body) is None
    assert bodies.find("key") is None


def test_what_has_no_room_is_not_kept(
    bodies: SharedBodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bodies.keep("large", [(1, bytes(10_000))]) is None
    assert bodies.keep("small", BODY) is not None
    monkeypatch.setattr(shared_bodies, "_ENTRIES", 2)
    assert bodies.keep("one too many", BODY) is None


def test_hashes_that_share_a_place_are_told_apart(
    bodies: SharedBodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = {"a": shared_bodies._ENTRIES - 1, "b": 2 * shared_bodies._ENTRIES - 1}
    monkeypatch.setattr(shared_bodies, "_tag", tags.get)
    bodies.keep("a", [(1, b"a")])
    assert bodies.find("b") is None
    bodies.keep("b", [(1, b"b")])
    found = [bodies.find(key) for key in "ab"]
    assert [list(each or ()) for each in found] == [[(1, b"a")], [(1, b"b")]]


def test_forked_processes_have_the_same_bodies() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout) == [True, 200]
