import kinds
from hypothesis import given
from hypothesis import strategies as st

from ssetape.editing.pieces import comments_apart, cut, pieces_of
from ssetape.messages.stretches import Slice


def test_adjacent_slices_of_a_chunk_are_one_piece() -> None:
    slices = [Slice(1.0, b"ab", 0), Slice(1.0, b"c", 0), Slice(1.0, b"d", 1), Slice(2.0, b"e", 2)]
    assert pieces_of(slices) == [(1.0, 3), (1.0, 1), (2.0, 1)]


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1), st.data())
def test_cut_slices_are_the_same_bytes(pieces: list[bytes], data: st.DataObject) -> None:
    slices = [Slice(float(n), piece, n) for n, piece in enumerate(pieces)]
    whole = b"".join(pieces)
    edge = data.draw(st.integers(0, len(whole)))
    first, second = cut(slices, [edge, len(whole) - edge])
    assert b"".join(piece.data for piece in first) == whole[:edge]
    assert b"".join(piece.data for piece in second) == whole[edge:]


def test_comments_come_apart_each_with_its_blank_lines() -> None:
    body = "\N{BOM}: a\n\n:b\r\nretry: 5\n\nid\n\n\n: c".encode()
    slices = [Slice(1.0, body[:9], 0), Slice(2.0, body[9:], 1)]
    found = [
        (text, b"".join(piece.data for piece in part).decode())
        for text, part in comments_apart(slices, is_first=True)
    ]
    assert found == [
        (None, "\N{BOM}"), (" a", ": a\n\n"), ("b", ":b\r\n"), (None, "retry: 5\n\n"),
        (None, "id\n\n\n"), (None, ": c"),
    ]  # fmt: skip


@given(kinds.event_streams(), st.booleans())
def test_whatever_comes_apart_is_all_of_it(body: bytes, is_first: bool) -> None:
    parts = comments_apart([Slice(0.0, body, 0)] if body else [], is_first=is_first)
    assert b"".join(piece.data for _, part in parts for piece in part) == body
