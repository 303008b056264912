"""What a shell offers where a capture is expected."""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, ShellComplete
from programs import TIMEOUT_S, environment

from ssetape import cli, library
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.fault_type import FAULT

Raw = Callable[..., bytes]

CONTEXT = click.Context(cli.main, **cli.main.context_settings)
# Arguments that are paths, but of no captures.
OTHERS = {("auto", "folder"), ("import", "files")}
NAMES = [
    "chat-completions-20261128-120000-000001",
    "conversation-20261129-120000-000002",
    "conversation-20261129-120001-000003",
]


def items(*words: str) -> list[CompletionItem]:
    """What is offered for the last word."""
    completer = ShellComplete(cli.main, {}, "ssetape", "_SSETAPE_COMPLETE")
    return completer.get_completions(list(words[:-1]), words[-1])


def offered(*words: str) -> list[str]:
    return [item.value if item.type == "plain" else f"({item.type})" for item in items(*words)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw_capture: Raw) -> Path:
    """The captures NAMES in ./captures, the last the newest, beside other files."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "captures"
    folder.mkdir()
    for changed_s, name in enumerate(NAMES):
        path = folder / f"{name}.ssetape"
        path.write_bytes(raw_capture())
        os.utime(path, (changed_s, changed_s))
    (folder / "notes.txt").touch()
    (folder / "older").mkdir()
    (folder / ".hidden.ssetape").touch()
    (tmp_path / "answer.ssetape").write_bytes(raw_capture())
    (tmp_path / "answers").mkdir()
    return folder


def files(*numbers: int, below: str = "") -> list[str]:
    return [f"{below}{NAMES[number]}.ssetape" for number in numbers]


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        # Paths
        ("captures/", [*files(0, 1, 2, below="captures/"), "captures/older/"]),
        ("captures/conv", files(1, 2, below="captures/")),
        ("captures/.", ["captures/.hidden.ssetape"]),
        ("./captures/ch", files(0, below="./captures/")),
        ("ans", ["answer.ssetape", "answers/"]),
        ("answers", ["(dir)"]),
        ("cap", ["(dir)"]),
        ("captures/no", ["(file)"]),  # whatever it is called
        ("missing/", ["(file)"]),
        # Names in ./captures
        ("conv", files(1, 2)),
        ("000001", files(0)),
        ("completions", files(0)),
        ("a.test", ["(file)"]),  # bash would put "c" in its place: all have that in common
        ("nothing", ["(file)"]),
        # Places
        ("@", ["@1", "@2", "@3"]),
        ("@2", ["@2"]),
        ("@7", ["(file)"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_capture_is_completed_by_its_path_its_name_or_its_place(
    incomplete: str, expected: list[str]
) -> None:
    assert offered("show", incomplete) == expected


def test_each_place_says_which_capture_it_is_and_passes_over_what_is_none(folder: Path) -> None:
    (folder / "broken.ssetape").write_text("no capture")
    assert [item.help for item in items("show", "@")] == files(2, 1, 0)


def test_home_is_completed_as_it_is_typed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert offered("show", "~/captures/ch") == files(0, below="~/captures/")


def test_every_verb_completes_captures_and_faults() -> None:
    seen = set()
    for verb in cli.main.list_commands(CONTEXT):
        command = cli.main.get_command(CONTEXT, verb)
        assert command is not None
        for parameter in command.params:
            is_other = (verb, parameter.name) in OTHERS
            if isinstance(parameter, click.Argument) and isinstance(parameter.type, click.Path):
                assert (parameter.type is CAPTURE) != is_other, (verb, parameter.name)
                seen.add(verb)
            if parameter.name == "faults":
                assert parameter.type is FAULT
                seen.add("--fault")
    assert {"show", "query", "diff", "view", "replay", "--fault"} <= seen


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--sort", "pro"], ["protocol"]),
        (["--sort", "f"], ["first_text", "file"]),
        (["--where", "pa"], ["path=", "path!=", "path~"]),
        (["--where", "status=2"], []),
    ],
)
def test_fields_of_a_list_are_completed(words: list[str], expected: list[str]) -> None:
    assert offered("ls", *words) == expected


@pytest.mark.parametrize(
    "name", [b"a b", b"a\nplain", b"a\xff", "aé".encode(), b"a$(x)", b"a;x", b"a,x", b"a:x", b"a*"]
)
def test_names_that_need_quotes_are_left_to_the_shell(
    name: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(os.fsdecode(name + b".ssetape")).touch()
    assert offered("show", "a") == ["(file)"]


@pytest.mark.parametrize("incomplete", ["", "\udcff", "~nobody/", "/dev/null/", "\0", "a" * 5000])
def test_whatever_was_typed_it_does_not_fail(
    incomplete: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert offered("show", incomplete) == ["(file)"]
    (tmp_path / "captures").write_text("no folder")
    for typed in ("@", "part"):
        assert offered("show", typed) == ["(file)"]


def test_of_very_many_some_are_offered_that_have_as_much_in_common(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "captures"
    folder.mkdir()
    names = [f"chat-{number:04}.ssetape" for number in range(2000)]
    for name in names:
        (folder / name).touch()
    # Listing is all: none is opened.
    monkeypatch.setattr(library, "Capture", None)
    for typed, below in (("captures/", "captures/"), ("ch", "")):
        found = offered("show", typed)
        assert len(found) == 200
        assert (found[0], found[-1]) == (below + names[0], below + names[-1])


def test_only_as_many_captures_are_opened_as_have_places(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    capture = library.Capture

    def counted(path: Path) -> library.Capture:
        opened.append(path)
        return capture(path)

    for number in range(50):
        shutil.copy(folder / f"{NAMES[0]}.ssetape", folder / f"{number}.ssetape")
    monkeypatch.setattr(library, "Capture", counted)
    assert len(offered("show", "@")) == 9
    assert len(opened) == 9


# --- in a shell ------------------------------------------------------------------------------


class _Bash:
    """bash at a terminal, which has the program's script."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def completed(self, typed: str) -> str:
        """The line after `typed` and the Tab key."""
        # The quotes keep what the terminal echoes apart from what is printed.
        self.send(f"{typed}\t\x01printf 'li''ne<%s>\\n' \"\x05\"\n")
        return self._read_until(r"line<(.*?)>\r?\n")

    def send(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def _read_until(self, pattern: str) -> str:
        text = ""
        deadline_s = time.monotonic() + TIMEOUT_S
        while (found := re.search(pattern, text)) is None:
            assert time.monotonic() < deadline_s, text
            if select.select([self._fd], [], [], 1.0)[0]:
                text += os.read(self._fd, 65536).decode(errors="replace")
        return found[1]


@contextmanager
def bash(folder: Path) -> Iterator[_Bash]:
    script = folder / "bin" / "ssetape"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ssetape "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}:{os.environ['PATH']}"
    env = environment({"PATH": path, "TERM": "dumb", "INPUTRC": os.devnull, "PS1": ""})
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
    started = _Bash(fd)
    try:
        started.send('eval "$(_SSETAPE_COMPLETE=bash_source ssetape)"\n')
        yield started
    finally:
        os.close(fd)  # hangs up, and bash ends
        os.waitpid(pid, 0)


@pytest.mark.programs
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_captures_as_they_are_typed(folder: Path, tmp_path: Path) -> None:
    with bash(tmp_path) as shell:
        for typed, line in (
            ("ssetape show cap", "ssetape show captures/"),
            ("ssetape show captures/chat", f"ssetape show captures/{NAMES[0]}.ssetape "),
            ("ssetape show captures/conv", f"ssetape show captures/{NAMES[1][:27]}"),
            ("ssetape show conv", f"ssetape show {NAMES[1][:27]}"),
            ("ssetape show 000003", f"ssetape show {NAMES[2]}.ssetape "),
            ("ssetape show a.test", "ssetape show a.test"),
            ("ssetape show @3", "ssetape show @3 "),
            ("ssetape show @", "ssetape show @"),
        ):
            assert shell.completed(typed) == line


@pytest.mark.programs
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_nothing_that_is_typed_leads_to_a_traceback(shell: str, folder: Path) -> None:
    env = {os.fsencode(name): os.fsencode(value) for name, value in environment().items()}
    for typed in (b"\xff", b"conv", b"@", b"'a", b'"', b"--fault 'cut x="):
        asked = {
            b"_SSETAPE_COMPLETE": f"{shell}_complete".encode(),
            b"COMP_WORDS": b"ssetape replay " + typed,
            b"COMP_CWORD": typed if shell == "fish" else b"2",
            b"LC_ALL": b"C",
        }
        ask = [sys.executable, "-m", "ssetape"]
        done = subprocess.run(ask, env={**env, **asked}, capture_output=True, check=False)
        assert done.stderr == b""
