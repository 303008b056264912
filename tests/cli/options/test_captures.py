"""Captures as arguments: files, folders, stdin, and what is said of those that are none."""

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import Result
from programs import assert_told, run

from ssetape.cli.options.captures import open_each, open_one, open_paths, paths_of
from ssetape.errors import SsetapeError

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]


def test_a_path_opens_that_file(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")])
    assert open_one(str(path)).path == path


def test_a_dash_opens_what_comes_on_stdin(
    monkeypatch: pytest.MonkeyPatch, raw_capture: Raw
) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(raw_capture([(0.5, b"data: \xff\n\n")])))
    monkeypatch.setattr(sys, "stdin", stdin)
    with click.Context(click.Command("show")):
        capture = open_one("-")
        assert capture.name == "stdin"
        assert [(chunk.t_s, chunk.data) for chunk in capture.chunks()] == [(0.5, b"data: \xff\n\n")]


def test_stdin_is_read_from_a_pipe_of_a_size_that_no_buffer_holds(raw_capture: Raw) -> None:
    content = raw_capture([(n / 1e4, b"data: " + b"x" * 1000 + b"\n\n") for n in range(3000)])
    outcome = run("show", "--raw", "-", stdin=content)
    assert len(outcome.stdout) == 3000 * 1008


def test_what_came_on_stdin_is_not_left_behind(tmp_path: Path, raw_capture: Raw) -> None:
    outcome = run("show", "-", stdin=raw_capture(), env={"TMPDIR": str(tmp_path)})
    assert_told(outcome, code=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no capture\n", b'{"ssetape": 2}\n'])
def test_a_message_about_stdin_speaks_of_stdin_and_of_no_file(content: bytes) -> None:
    outcome = run("show", "-", stdin=content)
    assert_told(outcome)
    assert b"/" not in outcome.stderr
    assert b"stdin" in outcome.stderr


@pytest.mark.parametrize("verb", ["ls", "verify"])
def test_every_verb_that_reads_captures_reads_one_from_stdin(verb: str, raw_capture: Raw) -> None:
    assert_told(run(verb, "-", stdin=raw_capture([(0.0, b"data: x\n\n")])), code=0)


def test_folders_are_searched_at_any_depth_and_other_files_in_them_left_alone(
    tmp_path: Path, raw_capture: Raw
) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "1.ssetape").write_bytes(raw_capture())
    (tmp_path / "2.ssetape").write_bytes(raw_capture())
    (tmp_path / "notes.txt").write_text("hello")
    captures, all_read = open_paths((str(tmp_path),))
    assert [capture.path.name for capture in captures] == ["2.ssetape", "1.ssetape"]
    assert all_read


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path: Path, raw_capture: Raw) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(raw_capture())
    captures, all_read = open_paths((str(path),))
    assert [capture.path for capture in captures] == [path]
    assert all_read


def test_without_paths_it_is_the_folder_captures_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw_capture: Raw
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError, match="there are no captures in 'captures'"):
        open_paths(())
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "1.ssetape").write_bytes(raw_capture())
    captures, _ = open_paths(())
    assert [str(capture.path) for capture in captures] == ["captures/1.ssetape"]


def test_a_capture_named_twice_is_one_capture(tmp_path: Path, raw_capture: Raw) -> None:
    path = tmp_path / "1.ssetape"
    path.write_bytes(raw_capture())
    captures, _ = open_paths((str(tmp_path), str(path)))
    assert len(captures) == 1


def test_those_that_cannot_be_read_are_told_and_the_others_given(
    tmp_path: Path, raw_capture: Raw, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1-empty.ssetape").touch()
    (tmp_path / "2-foreign.ssetape").write_bytes(b"PK\x03\x04")
    (tmp_path / "3-newer.ssetape").write_bytes(b'{"ssetape": 2}\n')
    (tmp_path / "4-folder.ssetape").mkdir()
    (tmp_path / "5-good.ssetape").write_bytes(raw_capture())
    captures, all_read = open_paths((str(tmp_path),))
    assert [capture.path.name for capture in captures] == ["5-good.ssetape"]
    assert not all_read
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("ssetape: ") for line in lines)
    assert "1-empty.ssetape: is empty" in lines[0]
    assert "2-foreign.ssetape, line 1: not a capture" in lines[1]
    assert "3-newer.ssetape, line 1: format version 2 is not supported, only 1" in lines[2]
    assert "4-folder.ssetape: cannot open it: Is a directory" in lines[3]


@pytest.mark.parametrize("verb", ["ls", "show", "verify", "replay"])
def test_a_path_that_is_not_there_is_told(verb: str, tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "nothing.ssetape"
    result = invoke(verb, path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert str(path) in result.stderr
    assert "o such file" in result.stderr


def test_captures_are_opened_one_at_a_time(capture_file: Write, tmp_path: Path) -> None:
    first, second = capture_file(), tmp_path / "b.ssetape"
    second.write_bytes(first.read_bytes())
    problems: list[str] = []
    captures = open_each((str(first), str(second)), problems)
    assert next(captures).path == first
    second.write_bytes(b"damage")
    assert list(captures) == []
    assert len(problems) == 1


# --- short names -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three captures in ./captures, the last the newest; each has its name as its only event."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "captures"
    folder.mkdir()
    for changed_s, name in enumerate(("first-chat", "second-chat", "third")):
        path = folder / f"{name}.ssetape"
        path.write_bytes(raw_capture([(0.1, f"data: {name}\n\n".encode())]))
        os.utime(path, (changed_s, changed_s))
    return folder


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (None, "third"),
        ("captures", "third"),
        ("@", "third"),
        ("@1", "third"),
        ("@2", "second-chat"),
        ("@3", "first-chat"),
        ("second", "second-chat"),
        ("first-chat.ssetape", "first-chat"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_capture_has_short_names(argument: str | None, name: str) -> None:
    assert open_one(argument).path.stem == name


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("@4", "@4: there are only 3 captures in 'captures'"),
        ("chat", "several captures in captures are named so"),
        ("nothing", "nothing: there is no such file or folder, nor a capture in captures"),
    ],
)
def test_a_name_of_none_or_of_several_says_so(argument: str, problem: str) -> None:
    with pytest.raises(SsetapeError, match=re.escape(problem)):
        open_one(argument)


def test_a_file_of_that_name_comes_first(folder: Path) -> None:
    shutil.copy(folder / "first-chat.ssetape", "@1")
    shutil.copy(folder / "first-chat.ssetape", "second")
    for name in ("@1", "second"):
        assert [event.data for event in open_one(name).events()] == ["first-chat"]


def test_what_is_no_capture_is_never_the_newest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.ssetape").write_bytes(b"no capture\n")
    assert open_one("@2").path.stem == "second-chat"
    assert "broken.ssetape, line 1: not a capture" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_verbs_that_read_many_know_the_names_too(invoke: Invoke) -> None:
    result = invoke("ls", "--json", "@1", "second")
    paths = [json.loads(line)["path"] for line in result.stdout.splitlines()]
    assert [Path(path).stem for path in paths] == ["third", "second-chat"]


@pytest.mark.usefixtures("folder")
def test_paths_of_files_and_folders_have_short_names_too(tmp_path: Path) -> None:
    assert paths_of(()) == ("captures",)
    assert paths_of(("@2", "captures", "first")) == (
        "captures/second-chat.ssetape",
        "captures",
        "captures/first-chat.ssetape",
    )
    with pytest.raises(SsetapeError, match="nothing/x: there is no such file or folder"):
        paths_of(("nothing/x",))


@pytest.mark.usefixtures("folder")
def test_sql_knows_the_names_too(invoke: Invoke) -> None:
    result = invoke("query", "SELECT count(*) AS n FROM exchanges", "--json", "@1", "second")
    assert json.loads(result.stdout) == {"n": 2}


@pytest.mark.parametrize("verb", ["show", "text", "play", "tail"])
def test_without_a_name_a_verb_takes_the_newest_and_says_which(
    verb: str, folder: Path, invoke: Invoke
) -> None:
    content = (folder / "third.ssetape").read_bytes()
    said = b'{\\"choices\\":[{\\"delta\\":{\\"content\\":\\"third\\"}}]}'
    (folder / "third.ssetape").write_bytes(content.replace(b"data: third", b"data: " + said))
    result = invoke(verb)
    assert result.exit_code == 0
    assert "third" in result.stdout
    assert "the newest in captures: third.ssetape" in result.stderr


@pytest.mark.usefixtures("folder")
def test_several_come_one_after_the_other_below_their_names(invoke: Invoke) -> None:
    result = invoke("show", "@1", "missing", "first")
    assert result.exit_code == 1
    assert re.findall(r"^==> captures/(.*).ssetape <==$", result.stdout, re.MULTILINE) == [
        "third",
        "first-chat",
    ]
    assert result.stderr.count("missing") == 1
    together = invoke("show", "--raw", "@1", "first").stdout
    assert together == "data: third\n\ndata: first-chat\n\n"


def test_without_a_folder_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["show"], ["show", "@1"], ["ls"]):
        result = invoke(*words)
        assert result.exit_code == 2
        assert "there are no captures in 'captures': " in result.stderr
