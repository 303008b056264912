from hypothesis import given
from hypothesis import strategies as st

from ssetape.tap.reads import Reads


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=8), st.binary(max_size=5))
def test_bytes_are_cut_as_they_were_read_and_none_is_lost(pieces: list[bytes], rest: bytes) -> None:
    reads = Reads()
    for number, piece in enumerate(pieces):
        reads.add(float(number), len(piece))
    data = b"".join(pieces)
    assert reads.size_bytes == len(data)
    assert reads.had_bytes(False) == bool(data)
    chunks = reads.cut(data + rest, 99.0)
    last_s = len(pieces) - 1.0 if pieces else 99.0
    assert chunks == [*((float(n), piece) for n, piece in enumerate(pieces))] + [
        (last_s, rest)
    ] * bool(rest)
    assert (reads.size_bytes, reads.had_bytes(True)) == (0, False)


def test_fewer_bytes_than_were_read_are_cut_as_far_as_they_go() -> None:
    reads = Reads()
    for now_s in (1.0, 2.0, 3.0):
        reads.add(now_s, 2)
    assert reads.cut(b"abc", 9.0) == [(1.0, b"ab"), (2.0, b"c")]


def test_what_nobody_reads_was_there_unless_it_is_framing_alone() -> None:
    reads = Reads()
    reads.skipped_bytes += len(b"0\r\n\r\n")
    assert not reads.had_bytes(False)
    assert reads.had_bytes(True)
    reads.skipped_bytes += 1000
    assert reads.had_bytes(False)
    reads.clear()
    assert not reads.had_bytes(True)
