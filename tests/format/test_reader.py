import io
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssetape.errors import CaptureError
from ssetape.format import reader

HEADER = b'{"ssetape": 1, "request": {"method": "GET", "url": "http://origin.test/"}}\n'


def read_all(content: bytes) -> tuple[list[Any], list[str], CaptureError | None]:
    """Header and records, the problems told, and the error that stopped it, if one did."""
    problems: list[str] = []
    found: list[Any] = []
    try:
        file = io.BytesIO(content)
        found.append(reader.read_header(file, "c.ssetape"))
        found += reader.read_records(file, "c.ssetape", problems)
    except CaptureError as error:
        return found, problems, error
    return found, problems, None


def error_of(content: bytes) -> CaptureError:
    error = read_all(content)[2]
    assert error is not None
    return error


# --- the header line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "evidence"),
    [
        (b"", None, "is empty: expected a capture, whose first line is JSON"),
        (b"\n", None, "is empty"),
        (b"hello\n", 1, 'expected a JSON object that begins with {"ssetape": 1, found \'hello'),
        (b"\x1f\x8b\x08\x00\xff", 1, "found '\\x1f\\x8b\\x08\\x00\\xff'"),
        (b'{"ssetape": 1, "req', 1, "and the line is torn"),
        (b"[1]\n", 1, 'expected a JSON object with the key "ssetape", found \'[1]'),
        (b'{"version": 2}\n', 1, 'with the key "ssetape"'),
        (b'{"ssetape": 2}\n', 1, "format version 2 is not supported, only 1: a newer ssetape"),
        (b'{"ssetape": true}\n', 1, "format version True is not supported"),
        (b'{"ssetape": 1.0}\n', 1, "format version 1.0 is not supported"),
        (b'{"ssetape": null}\n', 1, "format version None is not supported"),
        (b'{"ssetape": "\\ud800"}\n', 1, "not a capture"),
        (b"[" * 100_000, 1, "not a capture"),
        (b'{"ssetape": ' + b"9" * 5_000 + b"}\n", 1, "c.ssetape, line 1: "),
        (b"x" * 500, 1, "x'..."),
    ],
)
def test_what_is_no_capture_is_refused_with_evidence(
    content: bytes, line: int | None, evidence: str
) -> None:
    error = error_of(content)
    assert error.line == line
    assert error.path == "c.ssetape"
    assert evidence in str(error)
    # Evidence is from a file of anyone's and goes to a terminal.
    assert str(error).isprintable()


def test_unknown_fields_of_the_header_are_kept_and_harm_nothing() -> None:
    found, problems, error = read_all(b'{"later": [1], "ssetape": 1, "x": null}\n')
    assert (found[0]["later"], problems, error) == ([1], [], None)


# --- the request -----------------------------------------------------------------------------


# --- records ---------------------------------------------------------------------------------


def test_records_come_with_their_bytes_up_to_the_end() -> None:
    content = HEADER + b'[0.5, "<", "\xc3\xa9"]\n[1, "<b", "w6k="]\n[2, "end", {}]\n[3, "<", "x"]\n'
    found, problems, error = read_all(content)
    assert found[1:] == [[0.5, "<", b"\xc3\xa9"], [1, "<b", b"\xc3\xa9"], [2, "end", {}]]
    assert (problems, error) == ([], None)


def test_what_a_reader_does_not_know_is_passed_over() -> None:
    content = HEADER + b'[0, "later"]\n[0, "<<", 5, {}]\n\n[1, "<", "a", "more", {}]\n'
    found, problems, error = read_all(content)
    assert found[1:] == [[0, "later"], [0, "<<", 5, {}], [1, "<", b"a", "more", {}]]
    assert (problems, error) == ([], None)


@pytest.mark.parametrize(
    ("line", "evidence"),
    [
        (b"garbage", "expected a record [time, code, ...], found 'garbage"),
        (b'[0.1, "<", "a"', "expected a record [time, code, ...], found "),
        (b"{}", "expected a record [seconds within a century, code, ...], found '{}"),
        (b"5", "expected a record [seconds within a century, code, ...]"),
        (b"[]", "expected a record [seconds within a century, code, ...]"),
        (b"[1]", "expected a record [seconds within a century, code, ...]"),
        (b'["1", "<", "a"]', "expected a record [seconds within a century, code, ...]"),
        (b'[true, "<", "a"]', "expected a record [seconds within a century, code, ...]"),
        (b'[null, "<", "a"]', "expected a record [seconds within a century, code, ...]"),
        (b'[1, 2, "a"]', "expected a record [seconds within a century, code, ...]"),
        (b'[NaN, "<", "a"]', "expected a record [time, code, ...]"),
        (b'[Infinity, "<", "a"]', "expected a record"),
        (b'[1e999, "<", "a"]', "expected a record"),
        (b"[1" + b"0" * 400 + b', "<", "a"]', "expected a record"),
        (b'[1, "<"]', "chunk: expected a string after '<', found None"),
        (b'[1, "<", 5]', "chunk: expected a string after '<', found 5"),
        (b'[1, "<b", ["a"]]', "chunk: expected a string after '<b', found ['a']"),
        (b'[1, "<b", "a"]', "chunk: not base64: "),
        (b'[1, "<b", "YQ== "]', "chunk: not base64: "),
        (b'[1, "<b", "\xc3\xa9"]', "chunk: not base64: "),
        (b'[1, "<", "\\ud800"]', "expected a record [time, code, ...]"),
        (b'[1, "<", "\xff"]', "expected a record [time, code, ...]"),
        (b'[1, "x", ' + b"[" * 5_000 + b"]" * 5_000 + b"]", "expected a record"),
    ],
)
def test_what_is_no_record_is_refused_after_the_good_part(line: bytes, evidence: str) -> None:
    content = HEADER + b'[0, "<", "good"]\n' + line + b'\n[2, "<", "after"]\n'
    found, _, error = read_all(content)
    assert found[1:] == [[0, "<", b"good"]]
    assert error is not None
    assert error.line == 3
    assert evidence in str(error)
    assert str(error).startswith("c.ssetape, line 3: ")


def test_a_torn_last_line_is_left_out_and_told() -> None:
    found, problems, error = read_all(HEADER + b'[0, "<", "a"]\n[1, "<", "b')
    assert (found[1:], error) == ([[0, "<", b"a"]], None)
    assert problems == [
        "line 3 is torn after 11 bytes and was skipped: recording was interrupted there"
    ]


def test_a_last_line_that_lacks_only_its_newline_is_whole() -> None:
    found, problems, error = read_all(HEADER + b'[0, "<", "a"]')
    assert (found[1:], problems, error) == ([[0, "<", b"a"]], [], None)


def test_line_ends_of_other_systems_are_read() -> None:
    content = (HEADER + b'[0, "<", "a"]\n[1, "end", {}]\n').replace(b"\n", b"\r\n")
    found, problems, error = read_all(content)
    assert (found[1:], problems, error) == ([[0, "<", b"a"], [1, "end", {}]], [], None)
    assert reader.read_end(io.BytesIO(content)) == [1, "end", {}]


def test_every_truncation_gives_its_good_part(raw_capture: Callable[..., bytes]) -> None:
    whole = raw_capture([(0.1, b"data: \xc3\xa9\n\n"), (0.2, b"\xff\0"), (0.3, b"[]\n")], body=b"b")
    records = read_all(whole)[0]
    for size in range(len(whole)):
        part = whole[:size]
        found, problems, error = read_all(part)
        lines, _, torn = part.rpartition(b"\n")
        if not lines and torn != whole.partition(b"\n")[0]:
            assert error is not None
            continue
        complete = lines.count(b"\n") + bool(lines)
        # A line that lacks only its newline is whole, and counted.
        found_more = len(found) - complete
        assert found == records[: len(found)]
        assert error is None
        assert found_more == (bool(torn) and not problems)
        assert len(problems) == (bool(torn) and not found_more)


def test_a_line_longer_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LINE_LIMIT_BYTES", 200)
    found, _, error = read_all(HEADER + b'[0, "<", "a"]\n[1, "<", "' + b"b" * 10_000)
    assert found[1:] == [[0, "<", b"a"]]
    assert error is not None
    assert error.line == 3
    assert "line 3: the line is longer than 200 bytes" in str(error)
    assert "longer than 200 bytes" in str(error_of(b"{" * 10_000))


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (b'[2, "end", {"reason": "x"}]\n', [2, "end", {"reason": "x"}]),
        (b'[2, "end", {"reason": "x"}]', [2, "end", {"reason": "x"}]),
        (b'[2, "end", {"reason": "x"}', None),
        (b'[2, "end"]\n', None),
        (b'[2, "end", 5]\n', None),
        (b'["2", "end", {}]\n', None),
        (b"[2]\n", None),
        (b"5\n", None),
        (b"null\n", None),
        (b'{"1": "end"}\n', None),
        (b'"end"\n', None),
        (b"\xff\n", None),
        (b"", None),
    ],
)
def test_the_end_is_read_from_the_tail(tail: bytes, expected: object) -> None:
    for before in (HEADER, HEADER + b'[1, "<", "' + b"x" * 200_000 + b'"]\n'):
        assert reader.read_end(io.BytesIO(before + tail)) == expected


def test_a_file_of_one_line_has_no_end() -> None:
    assert reader.read_end(io.BytesIO(b"")) is None
    assert reader.read_end(io.BytesIO(b'[2, "end", {}]\n')) is None


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_a_long_end_is_the_same_end_read_from_either_side(size: int) -> None:
    end = [2, "end", {"reason": "error", "error": "x" * size}]
    content = HEADER + json.dumps(end).encode() + b"\n"
    assert read_all(content)[0][-1] == end
    assert reader.read_end(io.BytesIO(content)) == end


# --- files -----------------------------------------------------------------------------------


def test_a_file_that_cannot_be_opened_is_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot open it: No such file"):
        reader.open_file(tmp_path / "none.ssetape")
    with pytest.raises(CaptureError, match="cannot open it: Is a directory"):
        reader.open_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("is_written", [False, True])
def test_a_pipe_is_refused_at_once(tmp_path: Path, is_written: bool) -> None:
    pipe = tmp_path / "a.ssetape"
    os.mkfifo(pipe)
    both_ends = os.open(pipe, os.O_RDWR) if is_written else None
    try:
        with pytest.raises(CaptureError, match="is a pipe or a device"):
            reader.open_file(pipe)
    finally:
        if both_ends is not None:
            os.close(both_ends)


def test_a_device_is_refused() -> None:
    with pytest.raises(CaptureError, match="is a pipe or a device"):
        reader.open_file(os.devnull)


def test_a_file_that_cannot_be_read_on_is_told_with_the_line() -> None:
    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(CaptureError, match="line 2: cannot read it: Input/output error"):
        list(reader.read_records(Broken(), "c.ssetape", []))


# --- nothing but CaptureError ----------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def read_everything(path: Path) -> None:
    """Ask a capture for all it has; CaptureError is the one thing that may come of it."""
    from ssetape.capture import Capture

    try:
        capture = Capture(path)
    except CaptureError:
        return
    for ask in (
        lambda: capture.response,
        lambda: capture.end,
        lambda: list(capture.chunks()),
        lambda: list(capture.parts()),
    ):
        try:
            ask()
        except CaptureError:
            pass


@given(content=st.binary(max_size=200))
def test_random_bytes_raise_nothing_else(content: bytes, capture_file: Callable[..., Path]) -> None:
    for start in (b"", HEADER, b'{"ssetape": 1, "request": '):
        read_everything(capture_file(start + content))


@settings(max_examples=100)
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.binary(max_size=4)),
        min_size=1,
        max_size=6,
    )
)
def test_changed_captures_raise_nothing_else(
    changes: list[tuple[float, int, bytes]],
    raw_capture: Callable[..., bytes],
    capture_file: Callable[..., Path],
) -> None:
    content = raw_capture([(0.1, b"data: a\n\n"), (0.2, b"\xff")], trailers=[("a", "b")], body=b"b")
    for place, removed, added in changes:
        start = int(place * len(content))
        content = content[:start] + added + content[start + removed :]
    read_everything(capture_file(content))


@settings(max_examples=60)
@given(request=JSON, head=JSON, end=JSON, trailers=JSON, extra=st.lists(JSON, max_size=3))
def test_values_of_any_type_raise_nothing_else(
    request: Any, head: Any, end: Any, trailers: Any, extra: Any, capture_file: Callable[..., Path]
) -> None:
    good: dict[str, Any] = {"method": "GET", "url": "http://x/"}
    for asked in (request, {**good, "headers": request, "body": head, "masked": end}):
        lines: list[Any] = [{"ssetape": 1, "id": end, "request": asked}]
        for value in (head, {"status": 200, "headers": head}, {"status": 200, "masked": head}):
            records = [[0.1, "head", value], [0.2, "trailers", trailers], [0.3, "end", end]]
            content = [*lines, *extra, *records]
            read_everything(
                capture_file(b"".join(json.dumps(line).encode() + b"\n" for line in content))
            )


def test_masks_of_a_wrong_type_harm_nothing(capture_file: Callable[..., Path]) -> None:
    from ssetape.capture import Capture

    for masked in (5, {"headers": 5}, {"headers": None}, {"headers": [5, "a"]}, {"headers": "ab"}):
        head = json.dumps([0.1, "head", {"status": 200, "masked": masked}]).encode()
        response = Capture(capture_file(HEADER + head + b"\n")).response
        assert response is not None
        assert all(isinstance(name, str) for name in response.masked_headers)


# --- memory ----------------------------------------------------------------------------------


def test_reading_holds_one_record_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "large.ssetape"
    with path.open("wb") as out:
        out.write(HEADER)
        line = b'[0.5, "<", "' + b"x" * 20_000 + b'"]\n'
        for _ in range(1_000):
            out.write(line)
        out.write(b'[1, "end", {}]\n')
    tracemalloc.start()
    try:
        with reader.open_file(path) as file:
            reader.read_header(file, path)
            count = sum(1 for _ in reader.read_records(file, path, []))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 1_001
    assert peak_bytes < 1_000_000  # of 20 MB
