"""`ssetape ls`."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from programs import TIMEOUT_S, environment, on_a_terminal

from ssetape.cli import ls

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

# A program that reads them may rely on these, in this order. More may follow, none may go.
KEYS = [
    "path",
    "id",
    "kind",
    "started",
    "method",
    "url",
    "status",
    "http_version",
    "content_type",
    "chunks",
    "bytes",
    "duration_s",
    "end",
]


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    """Three captures, whose names sort otherwise than their moments."""
    chunks = [(0.25, b"data: \xc3"), (1.5, b"\xa9\n\n")]
    moments = ("2026-11-23T10:00:00.000000Z", "2026-11-23T09:00:00.000000Z")
    (tmp_path / "a.ssetape").write_bytes(raw_capture(chunks, started=moments[0], end=None))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.ssetape").write_bytes(
        raw_capture(
            chunks,
            started=moments[1],
            method="POST",
            url="https://api.test/v1/chat?model=x&key=MASKED",
            headers=[("Content-Type", "text/event-stream; charset=utf-8")],
            end="upstream_cut",
            end_s=2.0,
        )
    )
    (tmp_path / "c.ssetape").write_bytes(
        raw_capture(status=None, started="2026-11-23T11:00:00.000000Z", end="client_closed")
    )
    return tmp_path


def test_json_is_one_object_a_line_with_always_the_same_keys(folder: Path, invoke: Invoke) -> None:
    result = invoke("ls", "--json", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [list(line) for line in lines] == [KEYS] * 3


def test_json_says_what_is_in_each_capture_the_oldest_first(folder: Path, invoke: Invoke) -> None:
    second, first, third = (
        {
            "path": str(folder / "a.ssetape"),
            "id": "x",
            "kind": "http",
            "started": "2026-11-23T10:00:00.000000Z",
            "method": "GET",
            "url": "http://origin.test/stream",
            "status": 200,
            "http_version": "HTTP/1.1",
            "content_type": "text/event-stream",
            "chunks": 2,
            "bytes": 10,
            "duration_s": 1.5,
            "end": None,
        },
        {
            "path": str(folder / "sub" / "b.ssetape"),
            "id": "x",
            "kind": "http",
            "started": "2026-11-23T09:00:00.000000Z",
            "method": "POST",
            "url": "https://api.test/v1/chat?model=x&key=MASKED",
            "status": 200,
            "http_version": "HTTP/1.1",
            "content_type": "text/event-stream; charset=utf-8",
            "chunks": 2,
            "bytes": 10,
            "duration_s": 2.0,
            "end": "upstream_cut",
        },
        {
            "path": str(folder / "c.ssetape"),
            "id": "x",
            "kind": "http",
            "started": "2026-11-23T11:00:00.000000Z",
            "method": "GET",
            "url": "http://origin.test/stream",
            "status": None,
            "http_version": None,
            "content_type": None,
            "chunks": 0,
            "bytes": 0,
            "duration_s": 0.0,
            "end": "client_closed",
        },
    )
    lines = invoke("ls", "--json", folder).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [first, second, third]


def test_people_get_a_table_with_units(folder: Path, invoke: Invoke) -> None:
    result = invoke("ls", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    heading, *rows = result.stdout.splitlines()
    assert re.split("  +", heading) == [
        *("started, UTC", "request", "status", "chunks", "bytes", "time", "end", "file")
    ]
    assert rows[0].split() == [
        *("2026-11-23", "09:00:00", "POST", "api.test/v1/chat?model=x&key=MASKED", "200"),
        *("2", "10", "2.00", "s", "upstream_cut", str(folder / "sub" / "b.ssetape")),
    ]
    assert "interrupted" in rows[1]
    assert rows[2].split()[4:] == [
        *("-", "0", "0", "0.00", "s", "client_closed", str(folder / "c.ssetape"))
    ]


def test_files_are_listed_as_well_as_folders(folder: Path, invoke: Invoke) -> None:
    result = invoke("ls", "--json", folder / "c.ssetape", folder / "sub")
    names = [Path(json.loads(line)["path"]).name for line in result.stdout.splitlines()]
    assert names == ["b.ssetape", "c.ssetape"]


def test_without_a_path_it_lists_the_folder_captures(
    folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sub").rename(folder / "captures")
    monkeypatch.chdir(folder)
    result = invoke("ls", "--json")
    assert json.loads(result.stdout)["path"] == "captures/b.ssetape"


def test_without_a_path_and_without_that_folder_it_is_misuse(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("ls")
    assert result.exit_code == 2
    assert "there are no captures in 'captures': " in result.stderr


def test_an_empty_folder_is_fine_and_said_to_be_empty(tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("ls", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no captures" in result.stderr
    assert (invoke("ls", "--json", tmp_path).exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["people", "json"])
def test_what_cannot_be_read_is_told_and_the_rest_listed(
    words: list[str], folder: Path, invoke: Invoke
) -> None:
    (folder / "d.ssetape").write_text("hello\n")
    result = invoke("ls", *words, folder)
    assert result.exit_code == 1
    assert f"{folder / 'd.ssetape'}, line 1: not a capture" in result.stderr
    assert "d.ssetape" not in result.stdout
    assert all(name in result.stdout for name in ("a.ssetape", "b.ssetape", "c.ssetape"))


def test_damage_is_told_with_its_line_and_the_rest_listed(folder: Path, invoke: Invoke) -> None:
    path = folder / "a.ssetape"
    path.write_bytes(path.read_bytes() + b"damage\n")
    result = invoke("ls", "--json", folder)
    assert result.exit_code == 1
    assert f"{path}, line 5: expected a record" in result.stderr
    assert len(result.stdout.splitlines()) == 2


def test_a_capture_still_being_written_is_listed_as_far_as_it_goes(
    folder: Path, invoke: Invoke
) -> None:
    path = folder / "a.ssetape"
    path.write_bytes(path.read_bytes() + b'[1.7, "<", "da')
    result = invoke("ls", "--json", path)
    assert result.exit_code == 0
    line = json.loads(result.stdout)
    assert (line["chunks"], line["bytes"], line["end"]) == (2, 10, None)


def test_a_url_that_is_none_is_listed_as_it_is(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("ls", capture_file(url="http://[::1/stream"))
    assert result.exit_code == 0
    assert "[::1/stream" in result.stdout


@pytest.fixture
def answers(tmp_path: Path, raw_capture: Raw) -> Path:
    """Three answers and, older, a page."""

    def write(name: str, minute: int, text: str | None, **fields: Any) -> None:
        value = {"model": f"m-{name}", "choices": [{"index": 0, "delta": {"content": text}}]}
        body = b"<p>" if text is None else f"data: {json.dumps(value)}\n\n".encode()
        started = f"2026-11-23T09:{minute:02}:00.000000Z"
        raw = raw_capture([(minute / 100, body)], started=started, **fields)
        (tmp_path / f"{name}.ssetape").write_bytes(raw)

    write("page", 10, None, headers=[("Content-Type", "text/html")])
    write("a", 30, "Un café", url="http://one.test/chat")
    write("b", 20, "Zwei Tee", status=500)
    write("c", 40, "Three", end="upstream_cut")
    return tmp_path


def listed(invoke: Invoke, *words: object) -> str:
    result = invoke("ls", "--json", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    names = [Path(json.loads(line)["path"]).stem for line in result.stdout.splitlines()]
    return " ".join(names)


def test_captures_are_sorted_limited_and_chosen(answers: Path, invoke: Invoke) -> None:
    assert listed(invoke, answers) == "page b a c"
    assert listed(invoke, "--sort", "-duration", answers) == "c a b page"
    assert listed(invoke, "--sort=model", "--limit", 2, answers) == "a b"
    assert listed(invoke, "--limit", 2, answers) == "a c"
    assert listed(invoke, "--streams", answers) == "b a c"
    assert listed(invoke, "--where", "status=500", answers) == "b"
    assert listed(invoke, "--where", "text~caf.", "--where", "host=one.test", answers) == "a"
    assert listed(invoke, "--where", "end!=complete", answers) == "c"


def test_what_does_not_exist_to_sort_by_is_misuse(answers: Path, invoke: Invoke) -> None:
    result = invoke("ls", "--sort", "modle", answers)
    assert result.exit_code == 2
    assert "did you mean model?" in result.stderr


def test_long_json_has_what_was_said_after_the_usual_keys(answers: Path, invoke: Invoke) -> None:
    result = invoke("ls", "-l", "--json", answers / "a.ssetape")
    line = json.loads(result.stdout)
    assert list(line) == [*KEYS, "protocol", "model", "first_text_s", "text"]
    assert list(line.values())[-4:] == ["openai-chat", "m-a", 0.3, "Un café"]


def test_a_pipe_gets_the_words_only_when_they_are_asked_for(answers: Path, invoke: Invoke) -> None:
    assert "café" not in invoke("ls", answers).stdout
    assert "Un café" in invoke("ls", "-l", answers).stdout


def test_a_terminal_gets_the_words_and_streams_come_first(answers: Path) -> None:
    _, output = on_a_terminal(120, "ls", answers.name, cwd=answers.parent)
    rows = [line.split() for line in output.splitlines()[1:]]
    names = [Path(row[-1]).stem for row in rows]
    assert names == ["b", "a", "c", "page"]
    assert "Un café" in output
    assert "1 body, text/html" in output


def test_a_long_list_on_a_terminal_has_words_only_with_l(
    answers: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    monkeypatch.setattr(ls, "terminal_width", lambda: 120)
    monkeypatch.setattr(ls, "_WORDS_LIMIT", 3)
    result = invoke("ls", answers)
    assert "café" not in result.stdout
    assert "more than 3 captures: -l reads their words, --limit shows fewer" in result.stderr
    assert "café" in invoke("ls", "-l", answers).stdout
    assert "café" in invoke("ls", "--limit", 3, answers).stdout


def test_damage_that_only_the_words_meet_is_told(answers: Path, invoke: Invoke) -> None:
    path = answers / "a.ssetape"
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, rest[0], b"damage\n", *rest[1:]]))
    result = invoke("ls", "-l", answers)
    assert result.exit_code == 1
    assert f"{path}, line 3: expected a record" in result.stderr
    assert "Zwei Tee" in result.stdout


# All that a plain list imports of ssetape, and what of others takes longest. A new row has to be
# worth the wait of everybody who lists captures.
IMPORTED = {
    "ssetape.__main__",
    *(
        "ssetape.capture",
        "ssetape.cores",
        "ssetape.cores.reading",
        "ssetape.errors",
        "ssetape.library",
        "ssetape.loose_json",
    ),
    *(f"ssetape.cli.{name}" for name in ("ls", "options", "terminal", "verbs")),
    *(
        f"ssetape.cli.options.{name}"
        for name in ("bash", "captures", "completion", "group", "jobs", "listing", "pattern")
    ),
    *(
        f"ssetape.cli.terminal.{name}"
        for name in ("hanging", "list_table", "output", "progress", "records", "rows")
    ),
    *("ssetape.showing", *(f"ssetape.showing.{name}" for name in ("columns", "fitting", "table"))),
    *("ssetape.cli.verbs.group", "ssetape.cli.verbs.table", "ssetape.cli"),
    *(f"ssetape.format.{name}" for name in ("bounds", "decode", "file")),
    *("ssetape.format", "ssetape.format.reader", "ssetape.format.values"),
    *("ssetape.output", "ssetape.output.did_you_mean"),
    *("ssetape.output.printable", "ssetape.output.refusals"),
    *("ssetape.recording", "ssetape.recording.moment"),
}
OTHERS = {"__editable___ssetape_0_1_0_finder", "click", "orjson", "rich"}
SLOW = {
    *("asyncio", "concurrent", "email", "hashlib", "http", "importlib.metadata", "logging"),
    *("multiprocessing", "socket", "ssl", "subprocess", "tempfile", "urllib.parse"),
}


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_plain_list_imports_only_what_it_needs(words: list[str], folder: Path) -> None:
    script = f"""
import sys
before = set(sys.modules)
sys.argv[1:] = {["ls", *words, str(folder)]!r}
try:
    from ssetape.__main__ import run
    run()
finally:
    print(*set(sys.modules) - before, file=sys.stderr)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
    )
    loaded = set(ran.stderr.split())
    assert "c.ssetape" in ran.stdout
    assert {name for name in loaded if name.startswith("ssetape.")} <= IMPORTED
    assert loaded & SLOW == set()
    tops = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert tops <= {"ssetape", *OTHERS}
