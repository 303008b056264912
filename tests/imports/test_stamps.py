import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.imports._stamps import stamped_lines


@pytest.mark.parametrize(
    "lines",
    [
        ["Nov 24 23:59:59 data: a", "Nov 24 23:59:59 ", "Nov 25 00:00:01 data: b"],
        ["23:59:59 data: a", "23:59:59 ", "00:00:01 data: b"],
        ["00:00:05 data: a", "00:00:00", "00:00:02 data: b"],
        ["2026-11-24T23:59:59Z data: a", "2026-11-24T23:59:59Z ", "2026-11-25T00:00:01Z data: b"],
        ["12.500000 data: a", "12.500000 ", "14.500000 data: b"],
    ],
)
def test_times_count_from_the_first_line(lines: list[str]) -> None:
    expected = [(0.0, "data: a"), (0.0, ""), (2.0, "data: b")]
    assert stamped_lines("\n".join(lines)) == expected
    assert stamped_lines("\r\n".join(lines) + "\r\n") == expected


@pytest.mark.parametrize(
    "text", ["", "data: a\n", "12.5 x\n12.6 y\n", "10:00:00 log line\n10:00:01 another\n", "{}"]
)
def test_other_lines_are_none(text: str) -> None:
    assert stamped_lines(text) is None


def test_a_last_line_that_was_cut_is_left_out() -> None:
    assert stamped_lines("1.0 data: a\n2.0 data: b\n3") == [(0.0, "data: a"), (1.0, "data: b")]


@given(st.text(max_size=80))
def test_any_text_is_lines_or_none(text: str) -> None:
    for start in ("", "1.0 data: x\n", "Feb 31 10:00:00 data: x\n", "10:00:00 data: x\n"):
        stamped_lines(start + text)
