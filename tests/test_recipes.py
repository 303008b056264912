"""The recipes, followed as they stand there, with servers of this machine for the world's."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsers import needs_chromium
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

    def make(page: str, **settings: dict[str, str]) -> Recipe:
        followed.append(Recipe(page, tmp_path, **settings))
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
