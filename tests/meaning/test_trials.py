"""What other people's servers send: every file of the trials says what is right of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from shared_data import FOLDER, cases

import ssetape
from ssetape.cli.import_ import command
from ssetape.meaning.answer import Answer

Write = Callable[..., Path]

TRIALS = cases("trials/INDEX.json", "file")
# Archives of several exchanges are the importers' matter.
_ARCHIVES = (".yml", ".yaml")


def answer_of(case: dict[str, Any], write: Write, folder: Path) -> Answer:
    path = FOLDER / "trials" / case["file"]
    if path.suffix == ".har":
        run = CliRunner().invoke(command, [str(path), "-o", str(folder)])
        assert run.exit_code == 0, run.output
        (written,) = folder.iterdir()
        return ssetape.open(written).answer()
    pieces = path.read_bytes().splitlines(keepends=True)
    chunks = [(n * 0.01, piece) for n, piece in enumerate(pieces)]
    headers = [("content-type", case["content_type"])]
    return ssetape.open(write(chunks, method="POST", headers=headers)).answer()


@pytest.mark.parametrize("case", TRIALS)
def test_a_trial_says_what_is_right(
    case: dict[str, Any], capture_file: Write, tmp_path: Path
) -> None:
    if case["file"].endswith(_ARCHIVES):
        return
    answer = answer_of(case, capture_file, tmp_path)
    for name in ("protocol", "text", "stop", "error"):
        if name in case:
            assert getattr(answer, name) == case[name]
    if "tool_calls" in case:
        assert [[call.name, call.arguments] for call in answer.tool_calls] == case["tool_calls"]
    assert answer.problems == []
    if answer.protocol not in (None, "json-error"):
        # Nothing is said twice, whatever else the file shows.
        assert answer.text.strip() == "Red fox"


@pytest.mark.parametrize(
    "case", [each for each in TRIALS if each.id == "responses-over-websocket.har"]
)
def test_responses_over_a_websocket_are_whole(
    case: dict[str, Any], capture_file: Write, tmp_path: Path
) -> None:
    answer = answer_of(case, capture_file, tmp_path)
    assert (answer.model, answer.stop) == ("m", "completed")
    assert (answer.usage, answer.done) == ({"output_tokens": 2}, "response.completed")
