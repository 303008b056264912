"""The recipes, followed as they stand there, with servers of this machine for the world's."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest
import yaml
from browsers import needs_chromium
from proxies import Exchange, Origin
from recipes import Recipe

from ssetape.cli import main

pytestmark = pytest.mark.programs

SAMPLES = Path(__file__).resolve().parents[1] / "samples"

Raw = Callable[..., bytes]
Follow = Callable[..., Recipe]

CHAT_URL = "https://api.openai.com/v1/chat/completions"


def chunk(text: str) -> bytes:
    """A piece of an answer, as OpenAI's Chat Completions streams it."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return b"data: %b\n\n" % json.dumps({**head, "choices": [choice]}).encode()


CHAT = [(0.01, chunk("Hel")), (0.02, chunk("lo")), (0.03, b"data: [DONE]\n\n")]


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Follow]:
    """Gives a recipe to follow in a folder of its own."""
    followed: list[Recipe] = []

    def make(*pages: str, replaced: Mapping[str, str] | None = None) -> Recipe:
        followed.append(Recipe(tmp_path, *pages, replaced=replaced))
        return followed[-1]

    yield make
    for recipe in followed:
        recipe.close()


@pytest.fixture
def chat_captures(tmp_path: Path, raw_capture: Raw) -> Path:
    """A folder `captures` with a chat's answer: Hel, lo."""
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "chat.ssetape").write_bytes(raw_capture(CHAT, url=CHAT_URL, method="POST"))
    return folder


# In JavaScript's test runners


def test_vitest_asks_a_replay_that_its_setup_starts(follow: Follow, chat_captures: Path) -> None:
    recipe = follow("javascript.md")
    recipe.link_node_modules("vitest", "openai")
    assert {"replay.mjs", "vitest.setup.mjs", "chat.test.mjs"} <= set(recipe.write_files())
    (printed,) = recipe.follow("Vitest")
    assert "2 passed" in printed


@needs_chromium
def test_playwright_types_the_answer_event_by_event(follow: Follow, chat_captures: Path) -> None:
    recipe = follow("javascript.md")
    recipe.link_node_modules("@playwright/test")
    recipe.write_files()
    recipe.environment["CHROMIUM"] = shutil.which("chromium") or ""
    (printed,) = recipe.follow("Playwright")
    assert "1 passed" in printed


@needs_chromium
def test_playwright_sees_what_a_page_makes_of_a_stall(follow: Follow, chat_captures: Path) -> None:
    recipe = follow("javascript.md", "stall.md")
    recipe.link_node_modules("@playwright/test")
    recipe.write_files()
    recipe.environment["CHROMIUM"] = shutil.which("chromium") or ""
    (printed,) = recipe.follow("The test")
    assert "2 passed" in printed


# From Go, Java and Rust


@pytest.mark.parametrize(
    ("language", "tool", "package"),
    [
        ("Go", "go", "golang"),
        ("Java", "javac", "default-jdk-headless"),
        ("Rust", "rustc", "rustc"),
    ],
)
def test_a_program_of_another_language_reads_a_replay(
    language: str, tool: str, package: str, follow: Follow, chat_captures: Path
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here: apt install {package}")
    recipe = follow("languages.md")
    assert {"ask.go", "Ask.java", "ask.rs"} == set(recipe.write_files())
    printed = recipe.follow(language)[-1]
    told = [piece.removeprefix(b"data: ").strip().decode() for _, piece in CHAT]
    assert printed.splitlines() == told


# Time to first token, before and after a change


def test_two_folders_of_runs_are_compared(follow: Follow) -> None:
    """The answers of the second folder come without the wait of the first's."""
    answers = itertools.count()

    def answer(exchange: Exchange) -> None:
        exchange.head()
        if next(answers) < 6:
            time.sleep(0.2)
        for _, piece in CHAT:
            exchange.chunk(piece)
        exchange.end()

    with Origin() as origin:
        origin.serve_at("/v1/chat/completions", answer)
        recipe = follow("before-and-after.md", replaced={"https://api.example.com": origin.url})
        assert recipe.write_files() == ["ask.sh"]
        printed = recipe.follow()
    assert "first text" in printed[2]
    (row,) = [line for line in printed[3].splitlines() if line.startswith("first text")]
    runs_before, runs_after, *medians, moved = row.split()[2:7]
    assert (runs_before, runs_after, moved[0]) == ("6", "6", "-"), medians
    assert json.loads(printed[4])
    runs = (recipe.folder / "before.jsonl").read_text().splitlines()
    assert len(runs) == 6


# Share a capture safely


def test_a_secret_is_found_masked_and_not_in_what_is_shared(
    follow: Follow, tmp_path: Path, raw_capture: Raw
) -> None:
    key = "sk-proj-" + "Ab3d" * 12
    pieces = [(0.01, chunk("me@example.com: ")), (0.02, chunk(key)), (0.03, b"data: [DONE]\n\n")]
    body = json.dumps({"messages": [{"role": "user", "content": "What is my key?"}]}).encode()
    (tmp_path / "captures").mkdir()
    original = raw_capture(pieces, url=CHAT_URL, method="POST", body=body)
    (tmp_path / "captures" / "chat.ssetape").write_bytes(original)
    recipe = follow("sharing.md")
    done = {command: recipe.run(command) for command in recipe.commands()}
    codes = {command: outcome.returncode for command, outcome in done.items()}
    # There was a secret; then there is none that is known.
    assert codes.pop("ssetape scan shared") == 1, done
    assert set(codes.values()) == {0}, done
    assert (tmp_path / "captures" / "chat.ssetape").read_bytes() == original
    shared = (tmp_path / "shared" / "chat.ssetape").read_text()
    assert key not in shared
    assert key not in (tmp_path / "chat.html").read_text()
    assert done["ssetape text shared/chat.ssetape"].stdout.startswith("me@example.com: ")
    assert "What is my key?" in done["ssetape text --role user shared/chat.ssetape"].stdout


# Record the SDKs, and replay to them


def gemini(text: str) -> bytes:
    content = {"parts": [{"text": text}], "role": "model"}
    return b"data: %b\r\n\r\n" % json.dumps({"candidates": [{"content": content}]}).encode()


def ollama(text: str, *, done: bool = False) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps({"model": "m", "message": message, "done": done}).encode() + b"\n"


@pytest.mark.parametrize(
    ("heading", "needs", "path", "media_type", "pieces"),
    [
        (
            "Google Gen AI",
            "google.genai",
            "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
            "text/event-stream",
            [gemini("Hel"), gemini("lo")],
        ),
        (
            "Ollama",
            "ollama",
            "/api/chat",
            "application/x-ndjson",
            [ollama("Hel"), ollama("lo"), ollama("", done=True)],
        ),
        (
            "Vercel's AI SDK",
            "",
            "/v1/chat/completions",
            "text/event-stream",
            [piece for _, piece in CHAT],
        ),
    ],
)
def test_an_sdk_is_recorded_and_then_reads_the_same_offline(
    heading: str, needs: str, path: str, media_type: str, pieces: list[bytes], follow: Follow
) -> None:
    if needs:
        pytest.importorskip(needs, reason=f"{needs} is not installed")

    def answer(exchange: Exchange) -> None:
        exchange.head(f"content-type: {media_type}")
        for piece in pieces:
            exchange.chunk(piece)
        exchange.end()

    with Origin() as origin:
        origin.serve_at(path, answer)
        hosts = ("https://generativelanguage.googleapis.com", "https://api.openai.com")
        replaced = dict.fromkeys((*hosts, "http://127.0.0.1:11434"), origin.url)
        recipe = follow("sdks.md", replaced=replaced)
        if not needs:
            recipe.link_node_modules("ai", "@ai-sdk/openai")
        recipe.write_files()
        recipe.environment |= {"GEMINI_API_KEY": "x", "OPENAI_API_KEY": "x"}
        record, replay = recipe.commands(heading)
        recorded = recipe.run(record)
    # From here on nobody else could answer.
    replayed = recipe.run(replay)
    assert (recorded.returncode, recorded.stdout) == (0, "Hello"), recorded.stderr
    assert (replayed.returncode, replayed.stdout) == (0, "Hello"), replayed.stderr
    _, said = recipe.follow("What was said")
    assert said == "Hello"


# Study a chat page


def test_what_a_chat_page_streamed_is_taken_apart(follow: Follow, tmp_path: Path) -> None:
    """What needs a person at a browser is done in test_browser.py and test_tap.py."""
    (tmp_path / "captures").mkdir()
    sample = SAMPLES / "chat-delta-encoding.ssetape"
    shutil.copy(sample, tmp_path / "captures" / "chat.example.com-conversation-1.ssetape")
    shutil.copy(SAMPLES / "tour-seven-chunks.ssetape", tmp_path / "captures")
    recipe = follow("chat-page.md")
    by_hand = ("--browser", "ssetape tap")
    run = [command for command in recipe.commands() if not any(each in command for each in by_hand)]
    assert len(run) == 10
    done = {command: recipe.run(command) for command in run}
    assert {command: d.stderr for command, d in done.items() if d.returncode} == {}
    assert "conversation" in done["ssetape grep --text -l 'at its own moment' captures"].stdout
    said = done["ssetape text captures/*conversation*.ssetape"].stdout
    assert done["ssetape play --speed 8 captures/*conversation*.ssetape"].stdout.strip() in said
    assert all(outcome.stdout for outcome in done.values()), done


# Captures in continuous integration


def test_captures_are_checked_and_tests_run_without_a_network(
    follow: Follow, tmp_path: Path, chat_captures: Path
) -> None:
    recipe = follow("ci.md")
    assert "tests/test_chat.py" in recipe.write_files()
    shutil.copytree(chat_captures, tmp_path / "tests" / "captures")
    recipe.follow()
    # A change of the code that would go out into the world is a failure here.
    test = tmp_path / "tests" / "test_chat.py"
    asks = 'chat.completions.create(model="m", messages=messages'
    test.write_text(test.read_text().replace(asks, 'responses.create(model="m", input="Hello"'))
    refused = recipe.run(list(recipe.commands())[-1])
    assert refused.returncode == 1
    assert "no capture answers POST /v1/responses" in refused.stderr


def test_the_workflow_of_the_recipe_runs_its_commands(follow: Follow, tmp_path: Path) -> None:
    recipe = follow("ci.md")
    recipe.write_files()
    made = yaml.safe_load((tmp_path / ".github" / "workflows" / "chat.yml").read_text())
    steps = [step["run"] for step in made["jobs"]["chat"]["steps"] if "run" in step]
    assert steps[0].startswith("pip install ")
    assert steps[1:] == list(recipe.commands())[1:]


# Many captures on a cluster


def test_a_report_of_the_data_set_is_made_by_spark(follow: Follow, chat_captures: Path) -> None:
    shutil.copy(SAMPLES / "tour-seven-chunks.ssetape", chat_captures)
    recipe = follow("cluster.md")
    recipe.write_files()
    export, report, query = recipe.commands()
    for command in (export, query):
        done = recipe.run(command)
        assert done.returncode == 0, done.stderr
    assert "api.openai.com" in done.stdout
    pytest.importorskip(
        "pyspark", reason="pyspark is not installed: uv run --group spark pytest -m programs"
    )
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java for Spark")
    # The machine's own name may lead nowhere.
    recipe.environment["SPARK_LOCAL_IP"] = "127.0.0.1"
    done = recipe.run(report)
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if "api.openai.com" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:] == ["api.openai.com", "1", "0.01", "0.01", "0", "0.0"]


# A client before its server


def test_a_client_is_written_against_made_answers(follow: Follow) -> None:
    recipe = follow("client-before-server.md")
    assert recipe.write_files() == ["ask.py", "test_ask.py"]
    recipe.follow("The answers")
    (asked,) = recipe.follow("The client")
    hello, weather, story = asked.splitlines()
    assert hello == "Hello! How can I help?"
    assert weather.replace(" ", "") == 'weather{"city":"Paris"}'
    assert story == "Once upon a time (broken off: overloaded)"
    (tested,) = recipe.follow("The tests")
    assert "1 passed" in tested


# Change a recorded answer


def test_an_answer_is_changed_line_by_line_and_by_a_command(follow: Follow) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.head()
        for _, piece in CHAT:
            exchange.chunk(piece)
            time.sleep(0.02)
        exchange.end()

    with Origin() as origin:
        origin.serve_at("/v1/chat/completions", answer)
        recipe = follow("edit.md", replaced={"https://api.example.com": origin.url})
        assert recipe.write_files() == ["change.py"]
        _, _, _, _, shown, text, _, body, _ = recipe.follow()
    assert "edited from chat-completions-" in shown
    assert text == "Help!"
    assert body.count("data: ") == 4
    done = recipe.run("ssetape text edited/calm.ssetape")
    assert done.stdout.strip() == "Help"


# Load-test a gateway


def test_a_workload_is_made_and_served_by_several_processes(follow: Follow, tmp_path: Path) -> None:
    recipe = follow("load-test.md")
    assert recipe.write_files() == ["load.js", "locustfile.py", "mock.Containerfile", "mock.yaml"]
    compile((tmp_path / "locustfile.py").read_text(), "locustfile.py", "exec")
    if node := shutil.which("node"):
        shutil.copy(tmp_path / "load.js", tmp_path / "load.mjs")
        subprocess.run([node, "--check", tmp_path / "load.mjs"], check=True)
    make, serve = recipe.commands()
    if "make" not in main.list_commands(click.Context(main)):
        pytest.skip("there is no `ssetape make`")
    done = recipe.run(make.replace("1000", "20"))
    assert done.returncode == 0, done.stderr
    question = re.search(r"JSON.stringify\((.*?)\);", (tmp_path / "load.js").read_text(), re.DOTALL)
    assert question is not None
    body = re.sub(r"(\w+):", r'"\1":', re.sub(r",(\s*[}\]])", r"\1", question[1]))
    script = (
        f"for i in $(seq 20); do curl -s $SSETAPE_URL/v1/chat/completions -d {shlex.quote(body)} "
        "| grep -c DONE; done; curl -s $SSETAPE_URL/_ssetape/served"
    )
    done = recipe.run(f"{serve} --instant -- sh -c {shlex.quote(script)}")
    assert done.returncode == 0, done.stderr
    *counts, served = done.stdout.splitlines()
    assert counts == ["1"] * 20
    assert len({answer["capture"] for answer in json.loads(served)["served"]}) == 20


def test_a_cluster_runs_what_the_manifest_says(follow: Follow, tmp_path: Path) -> None:
    follow("load-test.md").write_files()
    deployment, service = yaml.safe_load_all((tmp_path / "mock.yaml").read_text())
    assert (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment")
    assert (service["apiVersion"], service["kind"]) == ("v1", "Service")
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert labels == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    (container,) = template["spec"]["containers"]
    assert set(container) <= {
        *("name", "image", "args", "ports", "readinessProbe", "resources", "securityContext"),
    }
    (port,) = container["ports"]
    (exposed,) = service["spec"]["ports"]
    assert exposed["targetPort"] == port["name"] == container["readinessProbe"]["httpGet"]["port"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/_ssetape/"
    # The arguments are ones, all of them strings, and agree with the rest.
    verb, *arguments = container["args"]
    assert all(isinstance(each, str) for each in container["args"])
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    parsed = command.make_context(verb, arguments).params
    assert parsed["port"] == port["containerPort"] == exposed["port"]
    assert str(parsed["workers"]) == container["resources"]["requests"]["cpu"]
    copied = (tmp_path / "mock.Containerfile").read_text().split()[-1]
    assert parsed["paths"] == (copied,)
