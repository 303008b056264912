"""What reaches a terminal or a pipe: escaped, aligned, whole."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import TIMEOUT_S, assert_told, environment, on_a_terminal, run, run_shell
from rich.cells import cell_len

from ssetape.cli.terminal import output

Write = Callable[..., Path]
Invoke = Callable[..., Result]

# A title for the terminal, a clear screen, a bell, a C1 introducer, and text turned around.
EVIL = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202egpj.exe\u2066"


# Where captures put text of their own: request, head, events, end, file name. The whole of a
# line that a person sees must be free of what a terminal obeys.


def evil_capture(raw_capture: Callable[..., bytes]) -> bytes:
    return raw_capture(
        [(0.1, f"event: {EVIL}\nid: {EVIL}\ndata: {EVIL}\n\n: {EVIL}\n\n".encode())],
        method=f"GET{EVIL}",
        url=f"http://x.test/{EVIL}",
        reason=EVIL,
        headers=[("content-type", f"text/event-stream; {EVIL}")],
        end=f"complete{EVIL}",
        tail=b"",
    ).replace(b'"http_version": "HTTP/1.1"', f'"http_version": {json.dumps(EVIL)}'.encode())


def assert_harmless(text: str) -> None:
    bites = {char for char in text if unicodedata.category(char) in ("Cc", "Cf")} - {"\n"}
    assert not bites, text


@pytest.mark.parametrize(
    "words", [["show"], ["show", "--chunks"], ["ls"], ["verify", "--instant"]], ids=" ".join
)
def test_nothing_in_a_capture_reaches_the_terminal_as_a_control_character(
    words: list[str],
    raw_capture: Callable[..., bytes],
    capture_file: Write,
    invoke: Invoke,
) -> None:
    path = capture_file(evil_capture(raw_capture))
    result = invoke(*words, path)
    assert_harmless(result.stdout)
    assert_harmless(result.stderr)


@pytest.mark.parametrize("verb", ["ls", "show", "verify", "replay"])
def test_nothing_in_a_file_name_reaches_the_terminal_as_a_control_character(
    verb: str, tmp_path: Path, invoke: Invoke
) -> None:
    path = tmp_path / "\x1b]0;owned\x07.ssetape"
    path.write_bytes(b"no capture")
    result = invoke(verb, path)
    assert result.exit_code == 1
    assert "not a capture" in result.stderr
    assert_harmless(result.stdout)
    assert_harmless(result.stderr)


@pytest.mark.parametrize(
    "first_line",
    [
        json.dumps({"ssetape": EVIL * 10_000}),
        json.dumps({"ssetape": 1, "request": EVIL * 10_000}),
        json.dumps({"ssetape": 1, "request": {"method": EVIL * 10_000, "url": [EVIL] * 9_999}}),
        json.dumps({"ssetape": 1, "request": {"method": "G", "url": "u", "headers": [EVIL]}}),
        EVIL * 10_000,
    ],
    ids=["version", "request", "url", "headers", "no JSON"],
)
def test_what_is_said_of_a_bad_file_is_harmless_and_fits_a_screen(
    first_line: str, capture_file: Write, invoke: Invoke
) -> None:
    result = invoke("show", capture_file(first_line.encode() + b"\n"))
    assert result.exit_code == 1
    assert_harmless(result.stderr)
    assert len(result.stderr) < 1000


# JSON


def test_a_json_line_is_one_line_of_utf_8(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.0, "data: a\u2028b\ndata: café 🎬\x1b\n\n".encode())])
    result = invoke("show", "--json", path)
    (line,) = result.stdout_bytes.split(b"\n")[:-1]
    assert json.loads(line)["data"] == "a\u2028b\ncafé 🎬\x1b"
    assert b"\x1b" not in line


@pytest.mark.parametrize("words", [["ls"], ["verify", "--instant"]], ids=" ".join)
def test_json_of_a_file_whose_name_is_not_utf_8_is_still_json(
    words: list[str], tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.ssetape")).write_bytes(raw_capture())
    outcome = run(*words, "--json", tmp_path)
    assert_told(outcome, code=0)
    assert "caf" in json.loads(outcome.stdout)["path"]


# Tables and widths


TABLES = {
    "ls": ["ls", "captures"],
    "ls -l": ["ls", "-l", "captures"],
    "ls --sort": ["ls", "--sort", "first_text", "captures"],
    "stats": ["stats", "captures"],
    "verify": ["verify", "--instant", "captures"],
    "scan": ["scan", "captures"],
    "diff": ["diff", "captures", "captures"],
}
COUNT = 7


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, raw_capture: Callable[..., bytes]) -> Path:
    """Captures of one endpoint, with long names and wide words, and a secret in each."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "captures").mkdir()
    for number in range(COUNT):
        text = f"Ein café 漢字 und noch viel mehr {number} " + "lange Worte " * 20
        event = json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]})
        raw = raw_capture(
            [(0.2 + n / 10, f"data: {event}\n\n".encode()) for n in range(5)],
            url=f"https://api.test/v1/chat?key=AKIAQ7{number}JH4NV2PZM3TLK&q={'x' * 80}",
            method="POST",
        )
        (
            folder / "captures" / f"chat-completions-20261123-09301{number}-3f9a2c.ssetape"
        ).write_bytes(raw)
    return folder


def plain_lines(output: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()


@pytest.mark.parametrize("columns", [120, 80, 40, 1])
@pytest.mark.parametrize("verb", [verb for verb in TABLES if verb != "ls -l"])
def test_each_row_of_a_table_is_one_line_whose_path_is_whole(
    verb: str, columns: int, many: Path
) -> None:
    code, output = on_a_terminal(columns, *TABLES[verb], cwd=many)
    assert code in (0, 1)
    lines = plain_lines(output)
    if verb == "diff":
        assert sum("no difference" in line for line in lines) == len(lines) - 4
        if columns >= 80:
            assert max(map(cell_len, lines)) <= columns
        return
    rows = [line for line in lines if ".ssetape" in line]
    assert [row.split()[-1] for row in rows] == [
        f"captures/chat-completions-20261123-09301{number}-3f9a2c.ssetape"
        for number in range(COUNT)
    ]
    if columns >= 80:
        assert max(map(cell_len, lines)) <= columns


@pytest.mark.parametrize("verb", TABLES)
def test_a_pipe_gets_every_column_whole(verb: str, many: Path) -> None:
    outcome = run(*TABLES[verb], cwd=many)
    assert "…" not in outcome.stdout.decode()
    assert b"no room" not in outcome.stderr


def test_a_path_without_room_runs_over_the_edge_and_costs_no_column(
    many: Path, tmp_path: Path
) -> None:
    deep = tmp_path / ("long" * 20)
    deep.mkdir()
    (path,) = sorted((many / "captures").iterdir())[:1]
    (deep / path.name).write_bytes(path.read_bytes())
    _, output = on_a_terminal(80, "verify", "--instant", deep)
    heading, row, *_ = plain_lines(output)
    assert heading.split()[:4] == ["bytes", "boundaries", "headers", "end"]
    assert heading.split()[-1] == "file"
    assert row[80:] == str(deep / path.name)


def test_columns_that_gave_way_are_named_with_where_they_are(many: Path) -> None:
    _, output = on_a_terminal(80, *TABLES["ls"], cwd=many, has_stderr=True)
    told = " ".join(" ".join(plain_lines(output)).split())
    assert "ssetape: no room here for: started, request, " in told
    assert told.endswith("(ls -l has them)")


def test_a_note_on_a_terminal_breaks_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    output.note("no answer from api.example.com:443: connection refused")
    assert capsys.readouterr().err.splitlines() == [
        *("ssetape: no answer from", "         api.example.com:443: connection", "         refused")
    ]


def test_the_working_directory_may_be_the_root_or_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: 80)

    def print_at(directory: str | None) -> str:
        def getcwd() -> str:
            if directory is None:
                raise FileNotFoundError
            return directory

        monkeypatch.setattr(os, "getcwd", getcwd)
        output.table(("a", "file"), [("1", "/x/y"), ("2", "z")], path="file")
        return capsys.readouterr().out

    assert "/x/y" in print_at(None)
    assert "  y\n" in print_at("/x")
    assert "  x/y\n" in print_at("/")


@pytest.mark.parametrize("columns", [80, 20, 1])
def test_no_line_of_show_is_wider_than_the_terminal(columns: int, capture_file: Write) -> None:
    path = capture_file([(0.1, b"data: " + b"long " * 100 + b"\n\n")], url="http://x.test/")
    for words in (["show"], ["show", "--chunks"]):
        code, output = on_a_terminal(columns, *words, path)
        assert code == 0
        shown = [line for line in output.splitlines() if "long" in line or "…" in line]
        assert shown
        assert max(map(len, shown)) <= columns


def test_wide_characters_count_as_the_two_columns_they_take(capture_file: Write) -> None:
    path = capture_file([(0.1, f"data: {'漢' * 100}\n\n".encode())])
    _, output = on_a_terminal(80, "show", path)
    (line,) = (line for line in output.splitlines() if "漢" in line)
    width = sum(2 if unicodedata.east_asian_width(char) == "W" else 1 for char in line)
    assert width <= 80


def test_a_terminal_of_no_size_is_taken_for_a_usual_one(capture_file: Write) -> None:
    code, output = on_a_terminal(0, "show", capture_file([(0.0, b"data: " + b"x" * 200)]))
    assert code == 0
    assert max(map(len, output.splitlines())) <= 80


def test_columns_in_the_environment_narrow_a_terminal(capture_file: Write) -> None:
    path = capture_file([(0.1, b"data: " + b"long " * 100 + b"\n\n")], url="http://x.test/")
    _, output = on_a_terminal(200, "show", path, env={"COLUMNS": "50"})
    assert max(len(line) for line in output.splitlines() if "long" in line) == 50


def test_a_pipe_gets_every_row_on_one_line_and_no_colours(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")], url="http://origin.test/" + "long" * 100)
    outcome = run("ls", path, env={"COLUMNS": "20"})
    heading, row = outcome.stdout.decode().splitlines()
    assert heading.endswith("file")
    assert row.endswith(str(path))
    assert "long" * 100 in row
    assert b"\x1b" not in outcome.stdout


def test_a_pipe_gets_events_whole_however_long(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: " + b"x" * 20_000 + b"\n\n")])
    assert "x" * 20_000 in invoke("show", path).stdout


def test_text_is_not_taken_for_markup_or_emoji_codes(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(url="http://origin.test/[bold]x[/bold]/:tada:")
    assert "origin.test/[bold]x[/bold]/:tada:" in invoke("ls", path).stdout


def test_numbers_are_aligned_right_under_their_headings(
    invoke: Invoke, tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    for name, chunks in (("a", 1), ("b", 12)):
        (tmp_path / f"{name}.ssetape").write_bytes(raw_capture([(0.0, b"x")] * chunks))
    heading, *rows = invoke("ls", tmp_path).stdout.splitlines()
    end = heading.index("chunks") + len("chunks")
    assert [row[:end].split()[-1] for row in rows] == ["1", "12"]


# Readers that leave, and streams that are not there


def big(write: Write) -> Path:
    return write([(n / 1000, b"data: %d %s\n\n" % (n, b"x" * 100)) for n in range(5000)])


@pytest.mark.parametrize(
    "words", [["show"], ["show", "--json"], ["show", "--raw"], ["show", "--chunks"]], ids=" ".join
)
def test_a_reader_that_has_seen_enough_ends_a_verb_in_silence(
    words: list[str], capture_file: Write
) -> None:
    outcome = run_shell('"$@" | head -1', *words, big(capture_file))
    assert outcome.stderr == b""
    assert len(outcome.stdout.splitlines()) == 1


def test_a_reader_that_leaves_the_list_ends_ls_in_silence(
    tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    for number in range(300):
        url = f"http://origin.test/{'x' * 200}/{number}"
        (tmp_path / f"{number}.ssetape").write_bytes(raw_capture(url=url))
    outcome = run_shell('"$@" | head -1', "ls", tmp_path)
    assert outcome.stderr == b""


CLOSED = [["show"], ["show", "--json"], ["show", "--raw"], ["show", "--chunks"], ["ls"]]


@pytest.mark.parametrize("words", [*CLOSED, ["verify", "--instant"]], ids=" ".join)
def test_a_closed_stdout_is_no_traceback(words: list[str], capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")])
    outcome = run_shell('exec "$@" >&-', *words, path)
    assert b"Traceback" not in outcome.stderr
    assert outcome.returncode in (0, 1)


def test_a_closed_stderr_does_no_harm_to_the_output(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")], tail=b'[1, "<')
    assert b"data" in run_shell('exec "$@" 2>&-', "show", "--json", path).stdout


def test_a_closed_stdin_is_told_when_a_capture_is_wanted_from_it() -> None:
    assert_told(run_shell('exec "$@" <&-', "show", "-"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", CLOSED, ids=" ".join)
def test_a_full_disk_behind_stdout_is_told_in_words(words: list[str], capture_file: Write) -> None:
    outcome = run_shell('exec "$@" > /dev/full', *words, big(capture_file))
    assert_told(outcome, "No space left on device")


def test_a_stdout_that_cannot_say_every_character_is_no_traceback(capture_file: Write) -> None:
    path = capture_file([(0.0, "data: café 🎬\n\n".encode())])
    outcome = run("show", path, env={"PYTHONIOENCODING": "latin-1"})
    assert_told(outcome, code=0)


def test_no_file_is_left_open(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")], tail=b"\n")
    for words in (["show"], ["show", "--raw"], ["ls"]):
        outcome = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "ssetape", *words, str(path)],
            capture_output=True,
            env=environment(),
            timeout=TIMEOUT_S,
            check=True,
        )
        assert outcome.stderr == b""
