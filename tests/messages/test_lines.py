from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ssetape.messages.lines import Lines


def test_lines_end_at_a_line_feed_and_the_last_one_needs_none(
    cut_anyhow: Callable[..., Any],
) -> None:
    body = b'{"a": 1}\r\n\n  \n\x1e{"b": "\xc3\xa9"}\n{"c": 3}'
    assert [data for _, data in cut_anyhow(Lines, body)] == ['{"a": 1}', '{"b": "é"}', '{"c": 3}']


def test_nothing_but_a_line_feed_ends_a_line(framed: Callable[..., Any]) -> None:
    assert len(framed(Lines, ["a\x0b\x0c\x1c\x85\u2028b\rc\n".encode()])) == 1


@given(st.lists(st.text('ab{}"é', min_size=1), max_size=8), st.integers(1, 7))
def test_what_is_joined_by_line_feeds_comes_apart_there(lines: list[str], step: int) -> None:
    from ssetape.format.values import Chunk

    body = "\n".join(lines).encode()
    framer = Lines([])
    found = [
        message.data
        for place in range(0, len(body), step)
        for message in framer.feed(Chunk(0.0, body[place : place + step]))
    ]
    assert [*found, *(message.data for message in framer.end())] == lines
