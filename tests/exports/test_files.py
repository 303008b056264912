import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.exports import jsonl, load, names, raw
from ssetape.exports._files import formats_of, to_data_set, to_file, to_folder

Write = Callable[..., Path]
CHUNKS = [(1, b"data: a\n\n")]


def test_formats_are_guessed_by_the_end_of_a_name() -> None:
    for name in names():
        form = load(name)
        suffix = form.SUFFIX or f".{name}"
        assert name in formats_of(Path(f"x{suffix}"))
    assert formats_of(Path("x.jsonl")) == ["jsonl", "otlp"]
    assert formats_of(Path("x.parquet")) == ["parquet"]
    assert formats_of(Path("folder")) == []


@pytest.mark.parametrize("name", names())
def test_every_format_says_what_it_is_and_what_it_leaves_out(name: str) -> None:
    form = load(name)
    assert form.SUMMARY.endswith(".")
    assert form.LOSES
    assert form.SUFFIX == "" or form.SUFFIX.startswith(".")


def test_nothing_is_overwritten_unasked(capture_file: Write, tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.sse"
    capture = Capture(capture_file(CHUNKS))
    to_file(raw, [capture], path)
    with pytest.raises(ExportError, match="already exists; --overwrite replaces it"):
        to_file(raw, [capture], path)
    path.write_bytes(b"other")
    path.chmod(0o640)
    to_file(raw, [capture], path, overwrite=True)
    assert path.read_bytes() == b"data: a\n\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["a.sse"]


def test_what_is_good_is_kept_and_what_is_nothing_is_not(
    capture_file: Write, tmp_path: Path
) -> None:
    broken = Capture(capture_file(CHUNKS, end=None, tail=b"{}\n"))
    with pytest.raises(ExportError):
        to_file(jsonl, [broken], tmp_path / "a")
    assert (tmp_path / "a").read_bytes().count(b'"kind":"event"') == 1
    socket = Capture(capture_file([], kind="websocket"))
    with pytest.raises(ExportError):
        to_file(raw, [socket], tmp_path / "b")
    assert os.listdir(tmp_path) == ["a"]


def test_an_error_leaves_nothing_behind(capture_file: Write, tmp_path: Path) -> None:
    class Failing:
        SUFFIX = SEVERAL = LOSES = SUMMARY = ""

        def write(self, captures: Any, out: Any) -> None:
            out.write(b"half")
            raise OSError(28, "No space left on device")

    form: Any = Failing()
    with pytest.raises(OSError, match="No space left"):
        to_file(form, [], tmp_path / "a")
    assert os.listdir(tmp_path) == []


def test_a_folder_has_a_file_each_named_for_its_capture(
    capture_file: Write, tmp_path: Path
) -> None:
    first = capture_file(CHUNKS)
    other = tmp_path / "other" / first.name
    other.parent.mkdir()
    other.write_bytes(first.read_bytes())
    folder = tmp_path / "out"
    made = list(to_folder(raw, [Capture(first), Capture(other)], folder))
    stem = first.name.removesuffix(".ssetape")
    assert [path.name for path in made] == [f"{stem}.sse", f"{stem}-2.sse"]


def test_a_data_set_goes_into_an_empty_folder_alone(capture_file: Write, tmp_path: Path) -> None:
    form: Any = load("parquet")
    to_data_set(form, [Capture(capture_file(CHUNKS))], tmp_path / "lake")
    assert sorted(os.listdir(tmp_path / "lake")) == ["events", "exchanges"]
    with pytest.raises(ExportError, match="not empty: choose another folder"):
        to_data_set(form, [], tmp_path / "lake")


def test_a_device_needs_no_leave_to_be_written_to(capture_file: Write) -> None:
    capture = Capture(capture_file(CHUNKS))
    to_file(raw, [capture], Path("/dev/null"))
    to_file(raw, [capture], Path("/dev/null"), overwrite=True)
    assert Path("/dev/null").is_char_device()
