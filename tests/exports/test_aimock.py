"""aimock's fixtures, held against aimock's own validator where it is installed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.exports import aimock

Write = Callable[..., Path]
MODULES = os.environ.get("SSETAPE_NODE_MODULES")
ASKED = b'{"messages":[{"role":"user","content":"hello"}]}'


def fixtures(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data)["fixtures"]
    return found


def test_an_answer_with_its_rhythm(
    capture_file: Write, written: Callable[..., Any], chat: Callable[..., Any]
) -> None:
    data, problem = written(aimock, Capture(capture_file(chat("Hel", "lo", "!"), body=ASKED)))
    assert problem == ""
    assert fixtures(data) == [
        {
            "match": {"userMessage": "hello"},
            "response": {"content": "Hello!", "model": "m"},
            "recordedTimings": {
                "ttftMs": 1000,
                "interChunkDelaysMs": [1000, 1000],
                "totalDurationMs": 3000,
            },
        }
    ]


def test_calls_usage_reasoning_and_errors(capture_file: Write, written: Callable[..., Any]) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}
    events = [
        {"choices": [{"index": 0, "delta": {"reasoning": "hm", "tool_calls": [call]}}]},
        {"choices": [], "usage": {"completion_tokens": 2, "other": 1}},
    ]
    chunks = [(1.0, f"data: {json.dumps(event)}\n\n".encode()) for event in events]
    failed = [(1.0, b'event: error\ndata: {"type":"error","error":{"message":"no"}}\n\n')]
    data, _ = written(
        aimock,
        Capture(capture_file(chunks)),
        Capture(capture_file(failed, url="http://a.test/v1/messages")),
    )
    first, second = fixtures(data)
    assert first["response"] == {
        "toolCalls": [{"id": "c", "name": "f", "arguments": "{}"}],
        "reasoning": "hm",
        "usage": {"completion_tokens": 2},
    }
    assert second["response"] == {"error": {"message": "no"}, "status": 500}


def test_what_nobody_understands_is_refused(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    problem = written(aimock, Capture(capture_file([(1, b'data: {"a":1}\n\n')]), name="c"))[1]
    assert problem.startswith("c: it has no answer (unknown protocol)")


@pytest.mark.programs
def test_aimock_finds_nothing_wrong(
    capture_file: Write, written: Callable[..., Any], chat: Callable[..., Any], tmp_path: Path
) -> None:
    if not MODULES or shutil.which("node") is None:
        pytest.skip(
            "no node, or no aimock in $SSETAPE_NODE_MODULES: npm install @copilotkit/aimock"
        )
    program = Path(MODULES) / ".bin" / "aimock"
    if not program.exists():
        pytest.skip("no aimock in $SSETAPE_NODE_MODULES: npm install @copilotkit/aimock")
    path = tmp_path / "fixtures.json"
    path.write_bytes(written(aimock, Capture(capture_file(chat("Hi"), body=ASKED)))[0])
    done = subprocess.run([program, "validate", "--strict", path], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
