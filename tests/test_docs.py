"""The documentation does what it says: commands run, links lead somewhere, tables are complete."""

import json
import os
import pkgutil
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from recipes import free_port, wait_for

from ssetape import protocols
from ssetape.capture import Capture
from ssetape.cli import main
from ssetape.facts import Done, Text
from ssetape.messages.framing import StreamMessage
from ssetape.protocols import writing
from ssetape.recording.naming import capture_name
from ssetape.samples.server import SampleServer

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("docs/*/*.md")])
PAGES = [page for page in PAGES if not page.relative_to(ROOT).parts[0].startswith(".")]

# These two set everything up and run everything; .ci/run does, word for word.
SET_UP = ["pip install uv && uv run ssetape demo", "uv run pytest"]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def commands(page: Path, language: str) -> Iterator[str]:
    for block in blocks(page, language):
        for line in block.splitlines():
            command = line.partition("  #")[0].strip().removeprefix("$ ")
            if command:
                yield command


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Commands find this Python's `ssetape` and `python`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in (("python", ""), ("ssetape", " -m ssetape")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{words} "$@"\n')
        script.chmod(0o755)
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": ""}


@pytest.mark.programs
def test_the_console_commands_of_the_readme_run_one_after_the_other(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    ports = {"8765": str(free_port()), "8900": str(free_port())}
    background: list[subprocess.Popen[bytes]] = []
    folder = tmp_path / "here"
    folder.mkdir()
    run = [command for command in commands(ROOT / "README.md", "console") if command not in SET_UP]
    assert len(run) > 5
    try:
        for command in run:
            for documented, free in ports.items():
                command = command.replace(documented, free)
            if command.endswith(" &"):
                words = ["sh", "-c", f"exec {command.removesuffix(' &')}"]
                background.append(subprocess.Popen(words, cwd=folder, env=environment))
                wait_for(int(next(port for port in ports.values() if port in command)))
            else:
                done = subprocess.run(
                    ["sh", "-c", command],
                    cwd=folder,
                    env=environment,
                    capture_output=True,
                    timeout=60,
                    check=False,
                )
                assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    finally:
        for process in background:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_the_two_commands_that_set_up_are_those_that_are_checked() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert list(commands(ROOT / "README.md", "console"))[:2] == SET_UP
    for command in ("uv run ssetape demo", "uv run pytest"):
        assert f"\n{command}\n" in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_ssetape_command_shown_is_one(page: Path) -> None:
    # With the program's settings: click keeps the first help option that it makes of a verb.
    context = click.Context(main, **main.context_settings)
    for command in [*commands(page, "sh"), *commands(page, "console")]:
        words = shlex.split(command.removesuffix("&"), comments=True)
        words = words[: words.index(">")] if ">" in words else words
        if words[:2] == ["uv", "run"]:
            words = words[2:]
        if not words or words[0] != "ssetape" or "|" in words:
            continue
        verb = main.get_command(context, words[1])
        assert verb is not None, command
        # Raises UsageError for what the verb does not know.
        verb.make_context(words[1], words[2:], parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings]
            assert anchor in anchors, f"{page.name}: {target}"


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines of a page, without code, tables and the definitions of links."""
    is_code = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code and not re.match(r"\||\[[^\]]+\]: ", line):
            yield number, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_of_prose_is_longer_than_120_characters(page: Path) -> None:
    assert [number for number, line in prose(page) if len(line) > 120] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 120


def folders_of(tree: str) -> Iterator[Path]:
    """The paths of a drawn tree, whose lines are indented by two spaces a level."""
    above: list[str] = []
    for line in tree.splitlines():
        name = line.split()[0]
        above = [*above[: (len(line) - len(line.lstrip())) // 2], name]
        yield Path(*above)


def test_the_folders_in_contributing_are_those_there_are() -> None:
    drawn = list(folders_of(blocks(ROOT / "CONTRIBUTING.md", "text")[0]))
    assert [path for path in drawn if not (ROOT / path).exists()] == []
    packages = {
        path.parent.relative_to(ROOT)
        for package in ("addon", "replay", "ssetape", "samples")
        for path in (ROOT / package).rglob("__init__.py")
    }
    folders = {path for path in drawn if (ROOT / path).is_dir()}
    assert folders == packages | {Path("tests"), Path("docs"), Path("bench")}


@pytest.mark.parametrize("script", ["make_cli.py", "make_man.py"])
def test_the_pages_of_commands_are_what_the_commands_say(script: str) -> None:
    check = [sys.executable, str(ROOT / "docs" / script), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")
def test_the_page_for_man_is_shown_with_every_option() -> None:
    page = ROOT / "docs" / "man" / "ssetape.1"
    show = ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-rLL=200n", str(page)]
    done = subprocess.run(show, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    shown = re.sub(r".\x08", "", done.stdout).replace("\u2212", "-")
    context = click.Context(main, **main.context_settings)
    for verb in main.list_commands(context):
        command = main.get_command(context, verb)
        assert command is not None
        section = shown.partition(f"\n   ssetape {verb}\n")[2].partition("\n   ssetape ")[0]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert any(name in section for name in parameter.opts), (verb, parameter.name)


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answer.ssetape").write_bytes(
        (ROOT / "samples" / "minimal-one-event.ssetape").read_bytes()
    )
    python = "\n".join(blocks(ROOT / "README.md", "python"))
    exec(compile(python, "README.md", "exec"), {})


def test_the_python_of_the_samples_page_runs() -> None:
    for python in blocks(ROOT / "samples" / "README.md", "python"):
        exec(compile(python, "samples/README.md", "exec"), {})


def test_the_python_of_the_protocols_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answer.ssetape").write_bytes(
        (ROOT / "samples" / "chat-delta-encoding.ssetape").read_bytes()
    )
    use, bring = blocks(ROOT / "docs" / "protocols.md", "python")
    exec(compile(use, "protocols.md", "exec"), {})
    made: dict[str, Any] = {}
    exec(compile(bring, "protocols.md", "exec"), made)
    message = StreamMessage(0.0, 0.0, "message", '{"acme_piece": "Hi", "last": true}')
    assert list(made["Reader"]().read(message)) == [Text("Hi"), Done("last")]


@pytest.mark.programs
@pytest.mark.parametrize("page", ["exporting.md", "measuring.md", "protocols.md"])
def test_the_commands_of_a_page_run(page: str, tmp_path: Path, environment: dict[str, str]) -> None:
    sample = ROOT / "samples" / "chat-delta-encoding.ssetape"
    (tmp_path / "answer.ssetape").write_bytes(sample.read_bytes())
    (tmp_path / "captures").mkdir()
    for name in ("one", "two"):
        (tmp_path / "captures" / f"{name}.ssetape").write_bytes(sample.read_bytes())
    run = list(commands(ROOT / "docs" / page, "sh"))
    assert len(run) >= 4
    for command in run:
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == 0, command


@pytest.mark.programs
def test_the_captures_of_the_making_page_are_made(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "README.md").write_text("Hello")
    run = [each for each in commands(ROOT / "docs" / "making.md", "sh") if "make" in each]
    for command in run:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr.decode()}"
    captures = [Capture(path) for path in sorted(tmp_path.glob("*.ssetape"))]
    assert len(captures) == len(run) - 1
    assert all(capture.made and not capture.answer().problems for capture in captures)
    assert len([*(tmp_path / "load").iterdir()]) == 1000


def test_every_protocol_that_is_written_is_in_the_table_of_making() -> None:
    page = (ROOT / "docs" / "making.md").read_text()
    rows = page.partition("| `--protocol` |")[2].partition("\n\n")[0].splitlines()[2:]
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
    assert sorted(named) == writing.names()


@pytest.mark.programs
def test_the_commands_of_the_viewing_page_run(tmp_path: Path, environment: dict[str, str]) -> None:
    sample = ROOT / "samples" / "chat-delta-encoding.ssetape"
    (tmp_path / "captures").mkdir()
    for name in ("answer", "captures/one"):
        (tmp_path / f"{name}.ssetape").write_bytes(sample.read_bytes())
    install, view, record, export, *_ = commands(ROOT / "docs" / "viewing.md", "sh")
    assert install == 'pip install "ssetape[view]"'
    subprocess.run(export, shell=True, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "answer.html").exists()
    free = {"view": " --port 0 --no-open", "record": f" --port 0 --confdir {tmp_path / 'ca'}"}
    for verb, command in (("view", view), ("record", record)):
        with subprocess.Popen(
            ["sh", "-c", f"exec {command.partition('#')[0].strip()}{free[verb]}"],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert any("the captures are at http://127.0.0.1:" in line for line in process.stderr)
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


# Verbs that read captures and end by themselves; those that serve them; and what makes a command
# ask for more than captures.
READING = {"diff", "export", "grep", "ls", "play", "query", "scan", "show", "stats", "tail", "text"}
READING |= {"verify", "why"}
SERVING = {"replay", "view"}
FOREIGN = {"--", "--browser", "--certificate", "--http3", "--proxy"}
# Those that have to exit with 1, with these captures.
FINDING_NOTHING = {
    "ssetape why 'POST /v1/chat' captures",
    "ssetape grep -i -l '@example' shared",
}


def of_captures(page: Path, verbs: set[str]) -> Iterator[str]:
    """The commands of a page with one of these verbs, which need nothing but captures."""
    for command in [*commands(page, "sh"), *commands(page, "console")]:
        words = shlex.split(command.removesuffix("&"), comments=True)
        if words[:1] == ["ssetape"] and words[1] in verbs and FOREIGN.isdisjoint(words):
            yield command.removesuffix("&").strip()


# Folders of captures that the pages name.
FOLDERS = ("captures", "shared", "before", "after", "load", "edited", "workload")


def record_twice(folder: Path) -> None:
    """What the pages name, made twice in each folder: names that a recorder gives, and files."""
    for name in ("tour-seven-chunks", "chat-delta-encoding"):
        text = (ROOT / "samples" / f"{name}.ssetape").read_text("utf-8")
        url = json.loads(text.partition("\n")[0])["request"]["url"]
        for place in (*FOLDERS, "tests/captures"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            for number in range(2):
                made = capture_name(1_795_426_212_000_000_000 + number * 10**9, url)
                (folder / place / f"{made}-46e9f{number}.ssetape").write_text(text, "utf-8")
    for name in ("answer", "chat", "captures/one", "shared/chat"):
        (folder / f"{name}.ssetape").write_text(text, "utf-8")
    (folder / "samples").symlink_to(ROOT / "samples")
    for page in ("faults", "replaying"):
        (toml,) = blocks(ROOT / "docs" / f"{page}.md", "toml")
        (folder / f"{'scenario' if page == 'faults' else 'match'}.toml").write_text(toml)


READ = [page for page in PAGES if page.name != "cli.md" and [*of_captures(page, READING | SERVING)]]


@pytest.mark.programs
@pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_that_read_work_on_recordings_made_twice(
    page: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    record_twice(tmp_path)
    for command in of_captures(page, READING):
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == (command in FINDING_NOTHING), f"{command}\n{done.stderr.decode()}"
    for command in of_captures(page, SERVING):
        quiet = " --no-open" if "view" in command else ""
        words = ["sh", "-c", f"exec {command.partition('  #')[0]} --port 0{quiet}"]
        with subprocess.Popen(
            words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            assert any("://127.0.0.1:" in line for line in process.stderr), command
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


def test_the_pages_that_read_captures_are_known() -> None:
    names = {page.name for page in READ}
    assert {"README.md", "chat-page.md", "measuring.md", "replaying.md", "faults.md"} <= names


@pytest.mark.parametrize("page", ["measuring.md", "python.md"])
def test_the_python_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = (ROOT / "samples" / "chat-delta-encoding.ssetape").read_bytes()
    (tmp_path / "captures").mkdir()
    for name in ("answer", "captures/one", "captures/two"):
        (tmp_path / f"{name}.ssetape").write_bytes(sample)
    for python in blocks(ROOT / "docs" / page, "python"):
        exec(compile(python, page, "exec"), {})


def test_every_name_of_the_reference_is_one_and_explained() -> None:
    names = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert len(names) > 10
    for name in names:
        assert getattr(pkgutil.resolve_name(name), "__doc__", None), name


def run_pytest(folder: Path, environment: dict[str, str], *words: str) -> str:
    """Run the tests in a folder; gives the last line of what pytest says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:anyio", "-p", "no:randomly", *words],
        cwd=folder,
        env={**environment, "NO_PROXY": "*", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def recipe(folder: Path, environment: dict[str, str]) -> None:
    """Make the project of the testing page's recipe."""
    page = ROOT / "docs" / "testing.md"
    files = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", page.read_text(), re.M | re.S)
    assert len(files) == 5
    (folder / "tests").mkdir()
    for name, text in files:
        (folder / name).write_text(text)
    for command in commands(page, "sh"):
        if command.startswith("ssetape import"):
            subprocess.run(command, shell=True, cwd=folder, env=environment, check=True)


@pytest.mark.programs
def test_the_tests_of_the_testing_page_pass(tmp_path: Path, environment: dict[str, str]) -> None:
    examples = [text for text in blocks(ROOT / "docs" / "testing.md", "python") if "tour" in text]
    assert len(examples) == 2
    for number, text in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(text)
    (tmp_path / "captures").mkdir()
    sample = ROOT / "samples" / "tour-seven-chunks.ssetape"
    (tmp_path / "captures" / "answer.ssetape").write_bytes(sample.read_bytes())
    said = run_pytest(tmp_path, environment, "--strict-markers")
    assert " 4 passed" in said, said


@pytest.mark.programs
def test_the_recipe_of_the_testing_page_passes_in_parallel(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    recipe(tmp_path, environment)
    said = run_pytest(tmp_path, environment, "-n", "2")
    assert " 3 passed" in said, said
    (captures,) = (tmp_path / "tests/captures/test_chat/test_openai").iterdir()
    captures.unlink()
    said = run_pytest(tmp_path, environment, "-n", "2")
    assert " 2 passed, 1 error" in re.sub(r", \d+ warnings?", "", said), said
    assert "pytest tests/test_chat.py::test_openai --ssetape=record --ssetape-target" in said


def test_the_testing_page_names_every_keyword_and_all_that_a_server_has() -> None:
    from ssetape.testing import ReplayedServer
    from ssetape.testing.settings import Options

    page = (ROOT / "docs" / "testing.md").read_text()
    tables = " ".join(line for line in page.splitlines() if line.startswith("|"))
    public = {name for name in dir(ReplayedServer) if not name.startswith("_")} - {"sections"}
    for name in [*Options.__annotations__, *public, "url"]:
        assert re.search(rf"`{name}\b", tables), name


def test_the_protocols_page_names_every_protocol() -> None:
    page = (ROOT / "docs" / "protocols.md").read_text()
    for protocol in protocols.all_protocols():
        assert f"| `{protocol.NAME}` |" in page


def test_the_example_of_the_format_is_a_capture(tmp_path: Path) -> None:
    path = tmp_path / "example.ssetape"
    example, tapped, websocket = blocks(ROOT / "docs" / "capture-format.md", "json")
    path.write_text(example)
    capture = Capture(path)
    assert capture.request.method == "POST"
    assert capture.request.masked_query == ("key",)
    assert capture.response is not None
    assert capture.response.status == 200
    sizes = [len(chunk.data) for chunk in capture.chunks()]
    assert capture.end is not None
    assert (len(sizes), sum(sizes)) == (capture.end.chunks, capture.end.size_bytes)
    assert capture.problems == []

    path = tmp_path / "tapped.ssetape"
    path.write_text(tapped)
    opened = Capture(path)
    assert (opened.tapped["target"], opened.problems) == ("page", [])
    assert opened.response is not None
    assert opened.response.decoded_headers[0] == ("content-encoding", "br")
    assert [event.data for event in opened.events()] == ['{"x": 1}']
    assert opened.end is not None
    assert (opened.end.chunks, opened.end.size_bytes) == (
        1,
        sum(len(c.data) for c in opened.chunks()),
    )

    path = tmp_path / "websocket.ssetape"
    path.write_text(websocket)
    opened = Capture(path)
    messages = list(opened.messages())
    assert opened.end is not None
    assert opened.end.close is not None
    assert opened.end.chunks == len(messages) == 3
    assert opened.end.size_bytes == sum(len(message.data) for message in messages)


@pytest.mark.parametrize(
    "words",
    [
        ["ls", "--json"],
        ["show", "--json"],
        ["show", "--chunks", "--json"],
        ["stats", "--json"],
        ["text", "--json"],
        ["verify", "--json", "--instant"],
    ],
    ids=" ".join,
)
def test_the_json_page_lists_every_key(words: list[str]) -> None:
    shown = [word for word in words if word != "--instant"]
    section = (
        (ROOT / "docs" / "json.md").read_text().partition(f"## `ssetape {' '.join(shown)}`")[2]
    )
    rows = re.findall(r"^\| (`.*?) \|", section.partition("\n## ")[0], re.MULTILINE)
    documented = re.findall(r"`(\w+)`", " ".join(rows))
    capture = ROOT / "samples" / "tour-seven-chunks.ssetape"
    done = subprocess.run(
        [sys.executable, "-m", "ssetape", *words, str(capture)], capture_output=True, check=True
    )
    for line in done.stdout.splitlines():
        assert list(json.loads(line)) == documented


def test_every_reason_that_the_recorder_gives_is_in_the_format() -> None:
    from ssetape.recording import reasons as given

    page = (ROOT / "docs" / "capture-format.md").read_text()
    reasons = [value for name, value in vars(given).items() if name[0].isupper() and name.isupper()]
    assert len(reasons) > 10
    for reason in reasons:
        assert f"| `{reason}` |" in page


def test_the_samples_page_names_every_stream() -> None:
    from ssetape.samples.streams import STREAMS

    page = (ROOT / "samples" / "README.md").read_text()
    for name in STREAMS:
        assert f"| `{name}` |" in page
    with SampleServer() as server:
        assert server.port


def test_the_samples_page_names_every_capture() -> None:
    page = (ROOT / "samples" / "README.md").read_text()
    captures = sorted(path.name for path in (ROOT / "samples").glob("*.ssetape"))
    assert captures
    for name in captures:
        assert f"| `{name}` |" in page


def test_the_documented_limits_are_those_of_the_code() -> None:
    from ssetape import loose_json, sse
    from ssetape.format import bounds, decode, reader
    from ssetape.imports import _yaml
    from ssetape.messages import decoding
    from ssetape.page import payload

    limits = (ROOT / "docs" / "scale.md").read_text("utf-8").partition("## Limits")[2]
    mib = 1 << 20
    for words in (
        f"| {decoding.UNFOLDED_FREE_BYTES // mib} MiB, or {decoding.UNFOLDED_TIMES} times",
        f"| a message: an event, a line, a frame | {sse.EVENT_LIMIT_BYTES // mib} MiB |",
        f"| an event's ID | {sse.ID_LIMIT_BYTES:,} bytes |",
        f"| the text of an answer | {bounds.HELD_LIMIT_CHARACTERS // mib} Mi characters |",
        f"| {payload.EVENTS_LIMIT:,}, or {payload.EVENTS_LIMIT_CHARACTERS // mib} Mi characters |",
        f"| values in each other, in JSON | {loose_json.DEPTH_LIMIT} levels |",
        f"| headers of a request or a response | {decode.HEADERS_LIMIT:,} |",
        f"| `started` | 1970 to {bounds.LATEST_YEAR} |",
        f"| a line of a capture | {reader.LINE_LIMIT_BYTES // mib} MiB |",
        f"| {_yaml.FREE_CHARACTERS // mib} MiB, or {_yaml.UNFOLDED_TIMES} times the file |",
        f"| codings in one Content-Encoding | {decoding.CODINGS_LIMIT} |",
    ):
        assert words in limits
