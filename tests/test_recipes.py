"""The recipes, followed as they stand there, with servers of this machine for the world's."""

import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from browsers import needs_chromium
from proxies import Exchange, Origin
from recipes import Recipe

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
