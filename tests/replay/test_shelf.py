from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import CaptureError
from ssetape.format.values import Chunk
from ssetape.replay import shelf as shelf_module
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

CHUNKS = [(0.1, b"a"), (0.2, b"b")]


def chunks(shelf: Shelf, index: int) -> list[Chunk]:
    return [part for part in shelf.parts(index) if isinstance(part, Chunk)]


def test_captures_stand_in_recorded_order(capture: Make) -> None:
    late = capture(CHUNKS, started="2026-11-23T09:30:12.123457Z", status=202)
    early = capture(CHUNKS, started="2026-11-23T09:30:12.123456Z", status=201)
    also_early = capture(CHUNKS, started="2026-11-23T09:30:12.123456Z", status=203)
    shelf = Shelf([late, also_early, early])
    # At the same moment the file's name decides: any order would do, but always the same.
    assert shelf.captures == [early, also_early, late]
    assert [response.status for response in shelf.responses] == [201, 203, 202]
    assert shelf.unusable == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": None}, "cannot replay it: it has no response head"),
        ({"kind": "later"}, "cannot replay a capture of kind 'later'"),
        ({"status": 101}, "cannot replay it: status 101 does not belong to a final response"),
        ({"headers": [("a", "b\r\nc: d")]}, "cannot replay it: header 'a' is not legal"),
        ({"reason": "a\nb"}, "cannot replay it: reason phrase 'a\\nb'"),
    ],
)
def test_what_cannot_be_replayed_is_left_out_and_told(
    capture: Make, fields: dict[str, Any], reason: str
) -> None:
    bad, good = capture(CHUNKS, **fields), capture(CHUNKS)
    shelf = Shelf([bad, good])
    assert shelf.captures == [good]
    assert len(shelf.responses) == 1
    assert len(shelf.unusable) == 1
    assert shelf.unusable[0].startswith(f"{bad.path}: ")
    assert reason in shelf.unusable[0]


def test_a_damaged_head_is_left_out_and_told(capture: Make) -> None:
    bad = capture(status=None, end=None, tail=b'[0.1, "head", {"status": "x"}]\n')
    shelf = Shelf([bad])
    assert shelf.captures == []
    assert "head.status: expected a number, found 'x'" in shelf.unusable[0]


def test_small_bodies_are_read_once(capture: Make) -> None:
    opened = capture(CHUNKS)
    shelf = Shelf([opened])
    first = shelf.parts(0)
    assert chunks(shelf, 0) == CHUNKS
    opened.path.unlink()
    assert shelf.parts(0) is first


def test_large_bodies_are_not_kept(capture: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "KEPT_FILE_BYTES", 100)
    opened = capture(CHUNKS)
    shelf = Shelf([opened])
    assert chunks(shelf, 0) == CHUNKS
    assert chunks(shelf, 0) == CHUNKS
    opened.path.unlink()
    with pytest.raises(CaptureError, match="No such file"):
        chunks(shelf, 0)


def test_the_one_not_asked_for_the_longest_is_given_up_first(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    captures = [capture(CHUNKS) for _ in range(3)]
    size = captures[0].path.stat().st_size
    monkeypatch.setattr(shelf_module, "KEPT_TOTAL_BYTES", 2 * size)
    shelf = Shelf(captures)
    for index in (0, 1, 0, 2):
        assert chunks(shelf, index) == CHUNKS
    for opened in captures:
        opened.path.unlink()
    assert chunks(shelf, 0) == CHUNKS
    assert chunks(shelf, 2) == CHUNKS
    with pytest.raises(CaptureError, match="No such file"):
        chunks(shelf, 1)


@pytest.mark.parametrize("at_once_bytes", [0, 1_000_000])
def test_a_damaged_body_is_told_after_its_good_part_to_everybody(
    capture: Make, monkeypatch: pytest.MonkeyPatch, at_once_bytes: int
) -> None:
    monkeypatch.setattr(shelf_module, "_AT_ONCE_BYTES", at_once_bytes)
    shelf = Shelf([capture(CHUNKS, end=None, tail=b"garbage\n")])
    assert shelf.unusable == []
    for _ in range(2):
        given = iter(shelf.parts(0))
        assert [next(given), next(given)] == CHUNKS
        with pytest.raises(CaptureError, match="line 5: expected a record"):
            next(given)


def test_two_that_play_the_same_body_read_it_once_and_both_whole(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "_AT_ONCE_BYTES", 0)
    opened = capture([(n / 10, b"%d" % n) for n in range(10)])
    reads = 0
    parts = type(opened).parts

    def counted(self: Any) -> Any:
        nonlocal reads
        for part in parts(self):
            reads += 1
            yield part

    monkeypatch.setattr(type(opened), "parts", counted)
    shelf = Shelf([opened])
    first, second = iter(shelf.parts(0)), iter(shelf.parts(0))
    ahead = [next(first) for _ in range(4)]
    assert [*ahead, *first] == list(second)
    assert reads == 11


def test_a_capture_with_a_torn_line_is_kept_as_far_as_it_is_good(capture: Make) -> None:
    shelf = Shelf([capture(CHUNKS, end=None, tail=b'[0.3, "<"')])
    assert chunks(shelf, 0) == CHUNKS


def test_what_a_browser_had_decoded_is_told_with_what_was_left_out(capture: Make) -> None:
    bad, plain = capture(CHUNKS, status=None), capture(CHUNKS)
    br, gzip = ([("content-encoding", name), ("content-length", "9")] for name in ("br", "gzip"))
    assert Shelf([plain, capture(CHUNKS, decoded=br[1:])]).remarks == []
    shelf = Shelf([bad, plain, capture(CHUNKS, decoded=br)])
    assert shelf.remarks == [
        *shelf.unusable,
        "1 capture is served without its content-encoding (br): the browser that recorded it had "
        "decoded the body",
    ]
    [words] = Shelf([capture(CHUNKS, decoded=each) for each in (br, gzip, br)]).remarks
    assert words.startswith("3 captures are served without their content-encoding (br, gzip): ")


class Others:
    """Where other processes find bodies, and what one of them has kept."""

    def __init__(self, **kept: Any) -> None:
        self.kept: dict[Any, Any] = {(0, how): items for how, items in kept.items()}

    def find(self, key: Any) -> Any:
        return self.kept.get(key)

    def keep(self, key: Any, items: Any) -> Any:
        return self.kept.setdefault(key, ["kept", *items]) if key[1] != "not that" else None


def read(shelf: Shelf, how: str) -> list[Any]:
    return list(shelf.played(0, how, lambda parts: iter([part.t_s for part in parts])))


def test_a_body_that_is_read_is_kept_for_other_processes(capture: Make) -> None:
    shelf = Shelf([capture(CHUNKS)])
    shelf.bodies = others = Others()
    for _ in range(2):
        assert read(shelf, "how") == ["kept", 0.1, 0.2, 0.2]
        assert read(shelf, "not that") == [0.1, 0.2, 0.2]
    assert list(others.kept) == [(0, "how")]


def test_a_body_that_another_process_keeps_is_not_read(capture: Make) -> None:
    shelf = Shelf([capture(CHUNKS)])
    shelf.captures[0].path.unlink()
    shelf.bodies = Others(how=["theirs"])
    assert read(shelf, "how") == read(shelf, "how") == ["theirs"]


def test_a_large_body_is_kept_for_others_once_it_is_read(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "_AT_ONCE_BYTES", 0)
    shelf = Shelf([capture(CHUNKS)])
    shelf.bodies = others = Others()
    assert read(shelf, "how") == [0.1, 0.2, 0.2]
    assert others.kept == {}
    assert read(shelf, "how") == ["kept", 0.1, 0.2, 0.2]
