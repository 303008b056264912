"""`ssetape grep`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import on_a_terminal
from rich.cells import cell_len

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def chat(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode()


CHUNKS = [(1, b": ping\n\n"), (2, b"event: x\ndata: one\n\n"), (3, b"data: Two\n\n")]
TYPED = [(1, chat("Hello wor") + b"\n\n"), (2, chat("ld, how are you") + b"\n\n")]


def test_what_is_found_has_its_file_and_time(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS)
    result = invoke("grep", "-i", "t?ONE|two", path, capture_file([]))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"{path}:2.000: x one", f"{path}:3.000: Two"]
    assert invoke("grep", "ping", path).stdout == f"{path}:1.000:  ping\n"


def test_for_programs(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS)
    [line] = invoke("grep", "--json", "Tw", path).stdout.splitlines()
    assert json.loads(line) == {
        "path": str(path), "t": 3, "number": 1, "event": "message", "data": "Two",
    }  # fmt: skip


def test_files_and_counts(invoke: Invoke, capture_file: Write) -> None:
    path, other = capture_file(CHUNKS), capture_file([(1, b"data: x\n\n")])
    assert invoke("grep", "-l", "o", path, other).stdout == f"{path}\n"
    assert invoke("grep", "-c", "o", path, other).stdout == f"{path}: 2\n"
    assert invoke("grep", "--event", "x", "o", path).stdout == f"{path}:2.000: x one\n"
    assert invoke("grep", "-F", "o.", path).exit_code == 1


def test_words_that_came_in_pieces_are_found_in_the_text(
    invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file(TYPED)
    assert invoke("grep", "world", path).exit_code == 1
    result = invoke("grep", "--text", "world", path)
    assert result.stdout == f"{path}: Hello world, how are you\n"


@pytest.mark.parametrize("words", [["-l", "-c"], ["--text", "--event", "x"], ["("]])
def test_misuse(words: list[str], invoke: Invoke, capture_file: Write) -> None:
    pattern = [] if words == ["("] else ["x"]
    assert invoke("grep", *words, *pattern, capture_file(CHUNKS)).exit_code == 2


def test_what_cannot_be_read_is_told(invoke: Invoke, capture_file: Write) -> None:
    damaged = capture_file(CHUNKS, end=None, tail=b"{}\n")
    result = invoke("grep", "one", capture_file(b"none\n"), damaged)
    assert result.exit_code == 1
    assert result.stdout == f"{damaged}:2.000: x one\n"
    assert "not a capture" in result.stderr
    assert "expected a record" in result.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_a_long_line_is_cut_around_its_hit_on_a_terminal(columns: int, capture_file: Write) -> None:
    data = "a" * 500 + "needle" + "b" * 500
    path = capture_file([(1, f"data: {data}\n\n".encode())])
    code, output = on_a_terminal(columns, "grep", "need.e", path.name, cwd=path.parent)
    assert code == 0
    [line] = output.splitlines()
    assert line.startswith(f"{path.name}:1.000: …aaa")
    assert "aneedleb" in line
    assert line.endswith("bbb…")
    assert cell_len(line) == columns
    _, searched = on_a_terminal(columns, "grep", "need.e", path, env={"TERM": "x"})
    assert "a\x1b[32mneedle\x1b[0mb" in searched


def test_a_long_path_is_whole_and_leaves_the_hit_a_line_of_its_own(
    capture_file: Write, tmp_path: Path
) -> None:
    path = tmp_path / ("long" * 20 + ".ssetape")
    path.write_bytes(capture_file([(1, b"data: a needle\n\n")]).read_bytes())
    _, output = on_a_terminal(80, "grep", "needle", path.name, cwd=tmp_path)
    assert output.splitlines() == [f"{path.name}:1.000:", "  a needle"]


def test_elsewhere_a_line_is_whole(invoke: Invoke, capture_file: Write) -> None:
    data = "a" * 500 + "needle" + "b" * 500
    path = capture_file([(1, f"data: {data}\n\n".encode())])
    assert invoke("grep", "needle", path).stdout == f"{path}:1.000: {data}\n"
