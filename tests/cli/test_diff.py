"""`ssetape diff`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]


def chat(text: str, gap_s: float = 1.0) -> list[tuple[float, bytes]]:
    delta = {"choices": [{"index": 0, "delta": {"content": text}}]}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    lines = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in (delta, end)]
    return [(gap_s, lines[0]), (2 * gap_s, lines[1])]


def test_captures_that_are_the_same_but_for_their_rhythm(
    invoke: Invoke, capture_file: Write
) -> None:
    first, second = capture_file(chat("Hi")), capture_file(chat("Hi", 1.5))
    result = invoke("diff", first, second)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"--- {first}", f"+++ {second}"]
    assert "events: the same 2" in lines
    assert "text: the same" in lines
    rows = [line.split() for line in lines]
    assert ["first", "text", "1.000", "1.500", "+0.500"] in rows
    assert ["gap", "p50", "1", "s", "1.5", "s", "+500.0", "ms"] in rows
    assert "gaps are longer: large difference (Cliff's delta +1.00)" in lines
    assert lines[-1] == "one run each: compare two folders of runs to tell change from chance"


def test_what_changed(invoke: Invoke, capture_file: Write) -> None:
    first = capture_file(chat("The cat sat\x1b"), body=b'{"t":1}')
    second = capture_file(chat("The dog sat\x1b"), body=b'{"t":2}', status=201)
    result = invoke("diff", first, second)
    assert result.exit_code == 1
    assert "request\n- body.t: 1\n+ body.t: 2\n" in result.stdout
    assert "response\n- status: 200\n+ status: 201\n" in result.stdout
    assert "the first difference is at #0" in result.stdout
    assert "text\nThe[- cat-][+ dog+] sat\\x1b\n" in result.stdout


def test_for_programs(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("diff", "--json", capture_file(chat("a")), capture_file(chat("b")))
    found = json.loads(result.stdout)
    assert (result.exit_code, found["same"]) == (1, False)
    assert found["text"] == [{"is_same": False, "first": "a", "second": "b"}]
    assert found["milestones"]["first_text"] == [1.0, 1.0]
    assert found["events"] == {"message": [2, 2]}


@pytest.fixture
def folders(tmp_path: Path, raw_capture: Raw) -> tuple[Path, Path]:
    made = tmp_path / "before", tmp_path / "after"
    for folder, gap_s in zip(made, (1.0, 1.5), strict=True):
        folder.mkdir()
        for n in range(6):
            (folder / f"{n}.ssetape").write_bytes(raw_capture(chat("Hi", gap_s + n / 1000)))
    return made


def test_two_folders_of_runs(invoke: Invoke, folders: tuple[Path, Path]) -> None:
    result = invoke("diff", *folders)
    assert (result.exit_code, result.stderr) == (0, "")
    [row] = [line for line in result.stdout.splitlines() if line.startswith("first text")]
    assert row.split()[:4] == ["first", "text", "6", "6"]
    assert row.split()[6] == "+0.500"
    assert row.endswith("later, large effect")
    found = json.loads(invoke("diff", "--json", *folders).stdout)
    assert found["runs"] == [6, 6]
    assert {each["name"] for each in found["figures"]} >= {"first text", "gap p50"}


def test_few_or_no_runs(invoke: Invoke, folders: tuple[Path, Path], tmp_path: Path) -> None:
    few = invoke("diff", folders[0] / "0.ssetape", folders[1])
    assert "too few runs to say" in few.stdout
    assert "compare 5 runs or more on each side" in few.stderr
    (tmp_path / "empty").mkdir()
    none = invoke("diff", folders[0], tmp_path / "empty")
    assert none.exit_code == 1
    assert "there are no captures in" in none.stderr
    (folders[0] / "x.ssetape").write_bytes(b"none\n")
    broken = invoke("diff", *folders)
    assert broken.exit_code == 1
    assert "not a capture" in broken.stderr
