"""The group: its verbs, their help, misuse, and what holds for every one of them."""

import json
import pkgutil
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import (
    TIMEOUT_S,
    Program,
    assert_told,
    environment,
    run,
    sigint_as_in_a_terminal,
)

import ssetape
from ssetape import cli

Write = Callable[..., Path]
Invoke = Callable[..., Result]

CONTEXT = click.Context(cli.main, **cli.main.context_settings)


# Help


def test_every_module_is_a_verb_in_the_list(invoke: Invoke) -> None:
    modules = [module.name for module in pkgutil.iter_modules(cli.__path__) if not module.ispkg]
    assert {name.rstrip("_") for name in modules} == set(all_verbs())
    assert list(listed(invoke)) == all_verbs()


def listed(invoke: Invoke) -> dict[str, str]:
    """The lines of the list of verbs: each verb, and what it does."""
    lines = re.findall(r"^  ([a-z]+) +(.+)$", invoke("-h").stdout.partition("Record:")[2], re.M)
    return dict(lines)


def test_the_main_path_comes_first_in_each_group(invoke: Invoke) -> None:
    groups = re.findall(r"^([A-Z]\w+):\n  (\w+)", invoke("-h").stdout, re.M)
    assert groups == [
        ("Record", "record"),
        ("Look", "ls"),
        ("Replay", "replay"),
        ("Make", "edit"),
        ("Measure", "stats"),
        ("Share", "scan"),
        ("Help", "help"),
    ]


def all_verbs() -> list[str]:
    return list(cli.main.list_commands(CONTEXT))


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("verb", [None, *all_verbs()])
def test_help_has_an_example_that_begins_with_the_verb(
    verb: str | None, option: str, invoke: Invoke
) -> None:
    result = invoke(*([verb] if verb else []), option)
    assert result.exit_code == 0
    assert result.stderr == ""
    examples = result.stdout.partition("Example:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    assert all(line.strip().startswith(f"ssetape {verb or ''}") for line in examples)


@pytest.mark.parametrize("verb", all_verbs())
def test_the_examples_of_the_help_are_no_misuse(verb: str, invoke: Invoke) -> None:
    """Parsed, not run: an option that was renamed would stay in its example for ever."""
    command = cli.main.get_command(CONTEXT, verb)
    assert command is not None
    text = invoke(verb, "-h").stdout
    for line in re.findall(rf"^ +ssetape {verb}\b(.*)$", text, re.MULTILINE):
        words = line.partition("|")[0].replace("'", "").split()
        assert command.make_context(verb, words)


@pytest.mark.parametrize("verb", all_verbs())
def test_every_option_is_explained(verb: str, invoke: Invoke) -> None:
    options = invoke(verb, "-h").stdout.partition("Options:\n")[2]
    entries = re.split(r"\n(?=  -)", options.rstrip("\n"))
    unexplained = [entry for entry in entries if not re.search(r"\S  +\S|\n +\S", entry.strip())]
    assert not unexplained


def test_the_list_of_verbs_says_what_each_does_in_a_whole_sentence(invoke: Invoke) -> None:
    for verb, does in listed(invoke).items():
        assert does.endswith("."), verb
        assert not does.endswith("..."), verb


def test_without_a_verb_the_help_is_shown() -> None:
    outcome = run()
    assert b"\nRecord:\n" in outcome.stdout + outcome.stderr


def test_the_version_is_the_packages(invoke: Invoke) -> None:
    result = invoke("--version")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"ssetape, version {ssetape.__version__}\n"


def test_the_installed_program_is_the_same_as_the_module() -> None:
    script = Path(sys.executable).with_name("ssetape")
    if not script.exists():
        pytest.skip("ssetape is not installed here, only its clone is used")
    outcome = subprocess.run([script, "--version"], capture_output=True, timeout=TIMEOUT_S)
    assert outcome.stdout == run("--version").stdout.replace(b"__main__", b"ssetape")
    assert outcome.returncode == 0


def test_one_option_means_one_thing_in_every_verb() -> None:
    meanings: dict[str, set[tuple[Any, ...]]] = {}
    for verb in all_verbs():
        command = cli.main.get_command(CONTEXT, verb)
        assert command is not None
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("-") and option in ("--json", "--speed", "--instant", "-o"):
                    kind = type(parameter.type).__name__, getattr(parameter, "is_flag", False)
                    meanings.setdefault(option, set()).add(kind)
    assert meanings
    assert all(len(kinds) == 1 for kinds in meanings.values()), meanings


# Misuse


def test_a_verb_that_there_is_not_is_misuse_and_named() -> None:
    outcome = run("recrod")
    assert_told(outcome, "'recrod'; did you mean record?", "Usage:", code=2)
    assert outcome.stdout == b""


def test_a_verb_that_resembles_none_is_named_alone(invoke: Invoke) -> None:
    assert invoke("*").stderr.endswith("there is no verb '*'\n")


@pytest.mark.parametrize("verb", [None, *all_verbs()])
def test_an_option_that_there_is_not_is_misuse_and_named(verb: str | None, invoke: Invoke) -> None:
    result = invoke(*([verb] if verb else []), "--no-such-option")
    assert result.exit_code == 2
    assert "--no-such-option" in result.stderr
    assert "Usage:" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "verb", ["show", "text", "play", "tail", "ls", "stats", "verify", "replay"]
)
def test_a_verb_without_a_capture_reads_the_default_folder(
    verb: str, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(verb)
    assert result.exit_code == 2
    assert "there are no captures in 'captures': " in result.stderr


# What was not installed


def test_no_verb_but_record_needs_mitmproxy(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: x\n\n")])
    script = f"""
import sys
sys.modules["mitmproxy"] = None
from click.testing import CliRunner
from ssetape.cli import main
for words in (["-h"], *([verb, "-h"] for verb in {all_verbs()!r}),
              ["ls", {str(path)!r}], ["show", {str(path)!r}],
              ["verify", "--instant", {str(path)!r}]):
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, (words, result.output)
"""
    subprocess.run([sys.executable, "-c", script], env=environment(), timeout=TIMEOUT_S, check=True)


# Any file whatever


def attempt(content: bytes, *verbs: list[str]) -> None:
    """Give a file to verbs: each may refuse it, in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.ssetape"
        path.write_bytes(content)
        for words in verbs:
            result = CliRunner().invoke(cli.main, [*words, str(path)])
            if not isinstance(result.exception, SystemExit | None):
                raise AssertionError(f"ssetape {' '.join(words)}") from result.exception
            assert result.exit_code in (0, 1)
            assert "Traceback" not in result.output


SHOWING: tuple[list[str], ...] = (
    ["show"],
    ["show", "--json"],
    ["show", "--raw"],
    ["show", "--chunks"],
)
SHOWING += (["show", "--chunks", "--json"], ["ls"], ["ls", "--json"])
# On a host that there is not, replay ends whether or not it has something to replay.
NOWHERE = ["replay", "--host", "256.0.0.1", "--port", "0"]

ENDS = st.sampled_from([b"", b"\n", b"\r\n", b"\x00", b"\xff"])


@settings(max_examples=40)
@given(st.binary(max_size=300), ENDS)
def test_random_bytes_are_refused_in_words(content: bytes, end: bytes) -> None:
    attempt(content + end, *SHOWING, ["verify", "--instant"], NOWHERE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
TIMES = st.sampled_from([0, 0.5, -1.0, 1e15, 1e300, True]) | st.floats()
PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "content-encoding", "content-length", "x"]) | st.text(),
        st.sampled_from(["text/event-stream", "gzip", "br", "zstd", "deflate", "3"]) | st.text(),
    ),
    max_size=3,
)
URLS = st.sampled_from(["http://x/", "http://[", "http://[::1", "http://x:port/", "/", "", "?"])
REQUESTS = st.fixed_dictionaries(
    {"method": st.sampled_from(["GET", "", " "]) | JSON, "url": URLS | st.text() | JSON},
    optional={"headers": PAIRS | JSON, "body": JSON, "masked": JSON, "http_version": JSON},
)
HEADERS = st.fixed_dictionaries(
    {"ssetape": st.just(1), "request": REQUESTS | JSON},
    optional={"id": JSON, "kind": st.just("http") | JSON, "started": JSON, "recorder": JSON},
)
HEADS = st.fixed_dictionaries(
    {"status": st.sampled_from([200, 204, 304, 0, -1, 10**18]) | JSON},
    optional={"headers": PAIRS | JSON, "reason": JSON, "masked": JSON, "http_version": JSON},
) | st.fixed_dictionaries(
    {"status": st.just(200), "masked": st.fixed_dictionaries({"headers": JSON, "query": JSON})}
)
TOTALS = st.fixed_dictionaries(
    {"reason": st.just("complete") | JSON}, optional={"chunks": JSON, "bytes": JSON, "error": JSON}
)
RECORDS = st.one_of(
    st.tuples(TIMES, st.just("head"), HEADS | JSON),
    st.tuples(TIMES, st.just("<"), st.text(max_size=20) | JSON),
    st.tuples(TIMES, st.just("<b"), st.sampled_from(["", "AA==", "w6k=", "!"]) | JSON),
    st.tuples(TIMES, st.just("trailers"), PAIRS | JSON),
    st.tuples(TIMES, st.just("end"), TOTALS | JSON),
    st.tuples(TIMES, st.text(max_size=3)),
    JSON,
)


@settings(max_examples=150)
@given(HEADERS, st.lists(RECORDS, max_size=5), st.binary(max_size=5))
def test_what_is_nearly_a_capture_is_shown_or_refused_in_words(
    header: Any, records: list[Any], tail: bytes
) -> None:
    lines = [json.dumps(value).encode() + b"\n" for value in (header, *records)]
    attempt(b"".join(lines) + tail, *SHOWING, NOWHERE)


# Captures that are in order by the format, and odd by HTTP or by the clock: from another
# recorder, or written by hand. Each has once been thought of, none may be a traceback, or last
# for ever.
ODD: dict[str, dict[str, Any]] = {
    "a host that is no address": {"url": "http://[::1/stream"},
    "a port that is no number": {"url": "http://origin.test:port/stream"},
    "a URL with a space": {"url": "http://origin.test/a b"},
    "a URL without a host": {"url": "/stream"},
    "a URL that is not ASCII": {"url": "http://origin.test/café"},
    "no URL": {"url": ""},
    "no method": {"method": ""},
    "a method that is no word": {"method": "GET /"},
    "a tunnel": {"method": "CONNECT"},
    "a HEAD": {"method": "HEAD"},
    "a time of a decade": {"end_s": 3e8},
    "a moment in another form": {"started": "yesterday"},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_capture_that_is_odd_is_shown(odd: str, capture_file: Write, invoke: Invoke) -> None:
    path = capture_file([(0.0, b"data: x\n\n")], **ODD[odd])
    for words in SHOWING:
        assert invoke(*words, path).exit_code == 0


@pytest.mark.parametrize("end_s", [3.3e9, 1e19, 1e300, -1e300])
def test_a_time_beyond_a_century_is_refused_in_words(
    end_s: float, capture_file: Write, invoke: Invoke
) -> None:
    path = capture_file([(0.0, b"data: x\n\n")], end_s=end_s)
    for words in SHOWING:
        result = invoke(*words, path)
        assert result.exit_code in (0, 1)
        assert (
            result.exit_code == 0 or "expected a record [seconds within a century" in result.output
        )


def test_captures_that_are_odd_are_verified_or_refused_in_words(
    raw_capture: Callable[..., bytes], tmp_path: Path
) -> None:
    for odd, fields in ODD.items():
        path = tmp_path / f"{odd.replace(' ', '-')}.ssetape"
        path.write_bytes(raw_capture([(0.0, b"data: x\n\n")], **fields))
    # Not --instant, for those that are odd in time; the gap keeps the others short.
    outcome = run("verify", "--max-gap", "0.01", tmp_path, through=["timeout", "50"])
    assert outcome.returncode in (0, 1), "it did not end"
    stderr = outcome.stderr.decode()
    assert "Traceback" not in stderr
    shown = outcome.stdout.decode() + stderr
    assert [path.name for path in tmp_path.iterdir() if path.name not in shown] == []


# Completion


def completed(shell: str, *words: str) -> str:
    """What the program answers to a shell that asks how the last word could go on."""
    asked = {
        "_SSETAPE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(words),
        # fish gives the word itself, the others its number.
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
    }
    program = "from ssetape.__main__ import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(asked), capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_verbs_options_their_values_and_paths(shell: str) -> None:
    assert re.findall(r"\bre\w+", completed(shell, "ssetape", "re"))[:1] == ["record"]
    assert "replay" in completed(shell, "ssetape", "rep")
    options = completed(shell, "ssetape", "replay", "--ma")
    assert {"--match", "--match-file", "--max-gap"} <= set(re.findall(r"--[\w-]+", options))
    assert "sequence" in completed(shell, "ssetape", "replay", "--match", "se")
    for words in (["show"], ["replay"], ["replay", "--scenario"], ["export", "-o"]):
        assert "file" in completed(shell, "ssetape", *words, "no-such")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    program = "from ssetape.__main__ import run; run()"
    script = subprocess.run(
        [sys.executable, "-c", program],
        env=environment({"_SSETAPE_COMPLETE": f"{shell}_source"}),
        capture_output=True,
        check=True,
    ).stdout
    assert b"ssetape" in script
    subprocess.run([shell, "-n"], input=script, check=True, timeout=TIMEOUT_S)


def test_bash_completes_with_the_script() -> None:
    program = Path(sys.executable).with_name("ssetape")
    if shutil.which("bash") is None or not program.exists():
        pytest.skip("there is no bash here, or ssetape is not installed")
    script = f"""
PATH={shlex.quote(str(program.parent))}:$PATH
eval "$(_SSETAPE_COMPLETE=bash_source ssetape)"
COMP_WORDS=(ssetape ver) COMP_CWORD=1
_ssetape_completion ssetape
echo "${{COMPREPLY[@]}}"
complete -p ssetape
"""
    words = ["bash", "--norc", "-c", script]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "verify"
    assert "-F _ssetape_completion ssetape" in done.stdout


# Ctrl-C

# Interrupts itself where it first imports the module that its first argument names, and drops the
# exception, as Python's compiler may.
INTERRUPTED_AT_IMPORT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except BaseException:
                pass

wanted = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
from ssetape.__main__ import run
run()
"""


@pytest.mark.programs
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("ssetape.cli", ["ls"]),
        ("click", ["ls"]),
        ("ssetape.cli.ls", ["ls"]),
        ("rich", ["ls"]),
        ("ssetape.cli.record", ["record", "--port", "0"]),
        ("mitmproxy", ["record", "--port", "0"]),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_ctrl_c_is_quiet_before_a_verb_has_begun(
    module: str, words: list[str], tmp_path: Path
) -> None:
    with sigint_as_in_a_terminal():
        ended = subprocess.run(
            [sys.executable, "-c", INTERRUPTED_AT_IMPORT, module, *words],
            capture_output=True, cwd=tmp_path, env=environment(), timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


@pytest.mark.programs
def test_ctrl_c_is_as_quiet_within_a_verb(capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: first\ndata:\n\n"), (3600.0, b"data: last\n\n")])
    with Program("play", path) as program:
        program.wait_for("first", "stdout")
        program.signal(signal.SIGINT)
        assert program.wait() == 130
        assert program.stderr == ""
