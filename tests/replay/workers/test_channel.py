from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.workers.channel import Messages, Order, Report, framed

SENT = [
    Order(3, ClientRequest("PUT", "/_ssetape/scenario", [("host", "a")], b"\0{}")),
    Report(4, Say(200, b"x" * 70_000, "done")),
    Report(5, Say(204, b"", "", [])),
]
BYTES = b"".join(map(framed, SENT))


def test_what_is_framed_comes_out_again() -> None:
    assert list(Messages().feed(BYTES)) == SENT


def test_byte_by_byte() -> None:
    messages = Messages()
    small = framed(SENT[0]) + framed(SENT[2])
    received = [message for byte in small for message in messages.feed(bytes([byte]))]
    assert received == [SENT[0], SENT[2]]


@given(st.lists(st.integers(0, len(BYTES)), max_size=5))
def test_however_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BYTES)]
    messages = Messages()
    received = []
    for start, end in pairwise(places):
        received += messages.feed(BYTES[start:end])
    assert received == SENT


@pytest.mark.parametrize("size", [0, 3, 4, 20])
def test_a_message_that_is_not_complete_has_not_come(size: int) -> None:
    assert list(Messages().feed(BYTES[:size])) == []
