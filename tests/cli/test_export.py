"""`ssetape export`."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import run_shell

from ssetape.exports import FolderFormat, load, names

Write = Callable[..., Path]
Invoke = Callable[..., Result]
CHUNKS = [(1, b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')]


@pytest.mark.parametrize("name", sorted(set(names()) - {"parquet"}))
def test_one_capture_goes_to_stdout_in_every_format(
    name: str, invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("export", "--format", name, capture_file(CHUNKS))
    assert result.exit_code == 0
    assert result.stdout
    assert f"{name} leaves out: " in result.stderr


def test_the_format_is_guessed_by_the_output_s_name(
    invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    path = tmp_path / "a.har"
    result = invoke("export", "-o", path, capture_file(CHUNKS), capture_file(CHUNKS))
    assert result.exit_code == 0
    assert f"written: {path}" in result.stderr
    assert len(json.loads(path.read_bytes())["log"]["entries"]) == 2
    again = invoke("export", "-o", path, capture_file(CHUNKS))
    assert again.exit_code == 1
    assert "--overwrite replaces it" in again.stderr
    assert invoke("export", "--overwrite", "-o", path, capture_file(CHUNKS)).exit_code == 0
    unknown = invoke("export", capture_file(CHUNKS))
    assert unknown.exit_code == 2
    assert "choose a format: --format aimock|asciicast" in unknown.stderr


def test_several_captures_of_a_format_that_holds_one_need_a_folder(
    invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    paths = [capture_file(CHUNKS), capture_file(CHUNKS)]
    refused = invoke("export", "--format", "raw", *paths)
    assert refused.exit_code == 2
    assert "name a folder with -o" in refused.stderr
    result = invoke("export", "--format", "raw", "-o", tmp_path / "out", *paths)
    assert "written: 2 files" in result.stderr
    assert len(os.listdir(tmp_path / "out")) == 2
    alone = invoke("export", "--format", "raw", "-o", tmp_path / "out", capture_file(CHUNKS))
    assert alone.exit_code == 0
    assert len(os.listdir(tmp_path / "out")) == 3


def test_a_data_set_needs_a_folder(invoke: Invoke, capture_file: Write, tmp_path: Path) -> None:
    assert invoke("export", "--format", "parquet", capture_file(CHUNKS)).exit_code == 2
    folder = tmp_path / "lake"
    result = invoke("export", "--format", "parquet", "-o", folder, capture_file(CHUNKS))
    assert (result.exit_code, sorted(os.listdir(folder))) == (0, ["events", "exchanges"])
    again = invoke("export", "--format", "parquet", "-o", folder, capture_file(CHUNKS))
    assert again.exit_code == 1
    a_folder = invoke("export", "--format", "har", "-o", folder, capture_file(CHUNKS))
    assert a_folder.exit_code == 2


def test_what_cannot_be_read_is_told_and_the_rest_written(
    invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    broken = capture_file(b"no capture\n")
    torn = capture_file(CHUNKS, end=None, tail=b"[2")
    result = invoke("export", "--format", "jsonl", broken, torn)
    assert result.exit_code == 1
    assert result.stdout.count('"seq":0') == 1
    assert result.stdout.endswith("\n")
    assert "not a capture" in result.stderr
    assert "is torn" in result.stderr
    nothing = invoke("export", "--format", "raw", "-o", tmp_path / "x", broken)
    assert nothing.exit_code == 1
    assert "not a capture" in nothing.stderr


def test_a_capture_from_a_pipe(capture_file: Write) -> None:
    outcome = run_shell(f"cat '{capture_file(CHUNKS)}' | \"$@\"", "export", "--format", "raw", "-")
    assert outcome.returncode == 0
    assert outcome.stdout == CHUNKS[0][1]


def test_help_says_what_each_format_leaves_out(invoke: Invoke) -> None:
    shown = invoke("export", "-h").stdout
    for name in names():
        assert f"  {name} " in shown
    assert "Leaves out:" in shown


ALONE = [name for name in names() if not load(name).SEVERAL]
TO_A_FILE = [name for name in names() if not isinstance(load(name), FolderFormat)]


@pytest.mark.parametrize("name", ALONE)
def test_a_file_for_one_capture_is_refused_to_several(
    name: str, invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    file = tmp_path / f"b{load(name).SUFFIX}"
    several = [capture_file(CHUNKS), capture_file(CHUNKS)]
    for target in (["-o", file], ["-o", "-"]):
        result = invoke("export", "--format", name, *target, *several)
        assert result.exit_code == 2
        assert f"{name} holds one capture" in result.stderr
        assert "name a folder with -o" in result.stderr
        assert "leaves out" not in result.stderr
    assert not file.exists()
    (tmp_path / f"folder{file.suffix}").mkdir()
    result = invoke("export", "--format", name, "-o", tmp_path / f"folder{file.suffix}", *several)
    assert (result.exit_code, "2 files" in result.stderr) == (0, True)


@pytest.mark.parametrize("name", TO_A_FILE)
def test_a_refusal_comes_before_what_is_left_out(
    name: str, invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    file = tmp_path / "taken"
    file.write_text("mine")
    result = invoke("export", "--format", name, "-o", file, capture_file(CHUNKS))
    assert (result.exit_code, file.read_text()) == (1, "mine")
    assert len(result.stderr.splitlines()) == 1
    assert "taken already exists" in result.stderr


def test_a_suffix_of_several_formats_names_these(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("export", "-o", "x.jsonl", capture_file(CHUNKS))
    assert result.exit_code == 2
    assert "choose a format: --format jsonl|otlp\n" in result.stderr
