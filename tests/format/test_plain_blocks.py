import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import CaptureError
from ssetape.format import plain_blocks, reader
from ssetape.format.plain_blocks import Plain
from ssetape.format.plain_blocks import plain_blocks as plain_blocks_of
from ssetape.sse import EventStreamParser

RECORDS = st.sampled_from(
    [
        '[1.0, "<", "data: a\\n\\n"]',
        '[2.5, "<", "data: {\\"b\\": \\"\\\\n\\"}\\n\\n"]',
        '[2.5,"<","data: é\\n\\n"]',
        '[3, "<", "data: a\\n\\n"]',
        '[3.0, "<", "data: a\\ndata: b\\n\\n"]',
        '[3.0, "<", "data: a\\r\\n\\r\\n"]',
        '[3.0, "<", "data: \\u000a\\n\\n"]',
        '[3.0, "<", "data: cut"]',
        '[3.0, "<", "event: x\\ndata: a\\n\\n"]',
        '[3.0, "<", ": c\\n\\n"]',
        '[3.0, "<b", "AAAA"]',
        '[3.0, "new code"]',
        '[3.0, "new code", {"x": "data: \\n\\n"}]',
        '[3.0, "<", 5]',
        "[3.0]",
        "",
        "{}",
        "torn [",
    ]
)
NAMED = [
    '[1.0, "<", "event: x\\ndata: a\\n\\n"]',
    '[2.0, "<", "event: \\ndata: é\\n\\n"]',
    '[2.5, "<", "event: y\\ndata: \\n\\n"]',
    '[2.5, "<", "data: y\\nevent: a\\n\\n"]',
    '[2.5, "<", "event: a\\n\\ndata: y\\n\\n"]',
    '[2.5, "<", "event: a\\ndata: y\\n"]',
    '[2.5, "<", "\\n"]',
    '[2.5, "<", "event:a\\ndata: y\\n\\n"]',
    '[2.5, "<", "event: a\\ndata:y\\n\\n"]',
    '[9.0, "end", {}]',
]


def events_of(block: Plain) -> list[list[tuple[str, str]]]:
    return [[event] for event in zip(block.names, block.data(), strict=True)]


def read(lines: bytes) -> tuple[list[Any], list[str], str]:
    """Records as the reader has them, problems, and the error that ended it."""
    problems: list[str] = []
    found: list[Any] = []
    try:
        for stretch in plain_blocks_of(BytesIO(lines), "x", problems):
            if isinstance(stretch, Plain):
                assert events_of(stretch) == [
                    [event[:2] for event in EventStreamParser().feed(text.encode())]
                    for text in stretch.texts
                ]
                texts = [text.encode() for text in stretch.texts]
                assert stretch.size_bytes == sum(map(len, texts))
                found += [[t_s, "<", text] for t_s, text in zip(stretch.times, texts, strict=True)]
            else:
                found += stretch
    except CaptureError as error:
        return found, problems, str(error)
    return found, problems, ""


def read_plainly(lines: bytes) -> tuple[list[Any], list[str], str]:
    problems: list[str] = []
    found: list[Any] = []
    try:
        found.extend(reader.read_records(BytesIO(lines), "x", problems))
    except CaptureError as error:
        return found, problems, str(error)
    return found, problems, ""


@given(
    st.lists(RECORDS, max_size=12) | st.lists(st.sampled_from(NAMED), max_size=12),
    st.sampled_from([1, 20, 60, 10_000]),
    st.sampled_from([(), (1,), (2, 24)]),
    st.booleans(),
)
def test_records_problems_and_errors_are_those_of_the_reader(
    lines: list[str], block_bytes: int, edges: tuple[int, ...], ends: bool
) -> None:
    data = ("\n".join(lines) + "\n" * ends).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_blocks, "_BLOCK_BYTES", block_bytes)
        patch.setattr(plain_blocks, "_FIRST_LINES", edges)
        patch.setattr(plain_blocks, "_LAST_LINES", edges)
        found = read(data)
    assert found == read_plainly(data)


def test_a_block_of_plain_records_is_taken_as_a_whole(raw_capture: Callable[..., bytes]) -> None:
    lines = b"".join(
        json.dumps([n + 0.5, "<", f"data: {n}\n\n"]).encode() + b"\n" for n in range(9)
    )
    first, rest = plain_blocks_of(BytesIO(lines), "x", [])
    assert isinstance(first, Plain)
    assert isinstance(rest, Plain)
    assert first.times == [0.5, 1.5]  # only the file's beginning stands apart
    assert rest.times == [n + 0.5 for n in range(2, 9)]


ONE, TWO = "data: x\n\n", "data: x\n\ndata: y\n\n"


@pytest.mark.parametrize("start", ["", "event: x\n"])
@pytest.mark.parametrize(
    ("first", "last", "plain"), [(ONE, ONE, 45), (TWO, ONE, 23), (TWO, TWO, 18)]
)
def test_what_is_not_plain_at_either_end_leaves_the_rest_plain(
    start: str, first: str, last: str, plain: int
) -> None:
    texts = [ONE, ONE, first, *[ONE] * 42, last, ONE, ONE]
    text = [json.dumps([n + 0.5, "<", start + each]) for n, each in enumerate(texts)]
    text[0], text[-1] = '[0.1, "head", {"status": 200}]', '[99.0, "end", {}]'
    found = list(plain_blocks_of(BytesIO("\n".join([*text, ""]).encode()), "x", []))
    assert sum(len(each.times) for each in found if isinstance(each, Plain)) == plain


def test_nothing_behind_the_end_is_read() -> None:
    lines = b'[1.0, "end", {}]\n' + b"x" * plain_blocks._BLOCK_BYTES + b"\n"
    assert read(lines) == ([[1.0, "end", {}]], [], "")
