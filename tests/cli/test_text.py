"""`ssetape text`."""

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run as run_program

import pytest
from click.testing import Result

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def chat(*deltas: dict[str, object], end: bytes = b"data: [DONE]\n\n") -> list[tuple[float, bytes]]:
    events = [
        {"object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, **delta}]}
        for delta in deltas
    ]
    return [
        (n / 10, b"data: " + json.dumps(event).encode() + b"\n\n") for n, event in enumerate(events)
    ] + [(9.0, end)]


CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
CHUNKS = chat(
    {"delta": {"reasoning_content": "hm"}},
    {"delta": {"content": "caf\u00e9\n"}},
    {"delta": {"content": "\x1b[31m"}},
    {"delta": {"tool_calls": [CALL]}},
    {"delta": {}, "finish_reason": "stop"},
)
ASKED = json.dumps(
    {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]}
).encode()


def test_the_answer_and_nothing_else_is_on_stdout(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("text", capture_file(CHUNKS))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "café\n\x1b[31m", "")


def test_reasoning_tools_and_what_was_asked_instead(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS, body=ASKED)
    assert invoke("text", "--reasoning", path).stdout == "hm"
    tools = invoke("text", "--tools", path).stdout
    assert json.loads(tools) == {"id": "c", "name": "f", "arguments": "{}"}
    assert invoke("text", "--role", "user", path).stdout == "hi"
    assert invoke("text", "--role", "assistant", path).stdout == "café\n\x1b[31m"
    nobody = invoke("text", "--role", "tool", path)
    assert nobody.exit_code == 1
    assert "no messages of 'tool' in the request: its roles are system, user" in nobody.stderr


def test_json_is_the_whole_message(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("text", "--json", capture_file(CHUNKS))
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "protocol": "openai-chat",
        "model": "m",
        "role": None,
        "choices": [
            {
                "text": "café\n\x1b[31m",
                "reasoning": "hm",
                "tool_calls": [{"id": "c", "name": "f", "arguments": "{}"}],
                "stop": "stop",
            }
        ],
        "parts": [],
        "usage": {},
        "error": None,
        "done": "[DONE]",
        "problems": [],
    }


def test_what_is_missing_is_told_on_stderr(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("text", capture_file(chat({"delta": {"tool_calls": [CALL]}}, end=b"")))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "the answer has no text, but 1 tool call(s) (--tools)" in result.stderr
    assert "nothing marks the end of this answer" in result.stderr
    failed = invoke(
        "text", capture_file([(0.1, b'data: {"choices":[],"error":"no"}\n\n'), CHUNKS[1]])
    )
    assert "the stream reports an error: no" in failed.stderr
    torn = invoke("text", capture_file([CHUNKS[1], (0.2, b"data: {torn\n\n")]))
    assert torn.stdout == "café\n"
    assert "message #2 at 0.200 s: expected JSON, found '{torn'" in torn.stderr


def test_several_answers(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(chat({"delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}))
    assert invoke("text", path).stdout == "a"
    assert "answer 0 of 2: --choice selects another" in invoke("text", path).stderr
    assert invoke("text", "--choice", "1", path).stdout == "b"
    assert "there is no answer 2" in invoke("text", "--choice", "2", path).stderr


def test_an_unknown_protocol_is_told(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.1, b'data: {"temperature": 21}\n\n')])
    result = invoke("text", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{path}: its protocol is unknown" in result.stderr
    assert json.loads(invoke("text", "--json", path).stdout)["protocol"] is None


@pytest.mark.parametrize("words", [["--tools", "--json"], ["--reasoning", "--role", "user"]])
def test_one_thing_is_asked_for_at_a_time(
    words: list[str], invoke: Invoke, capture_file: Write
) -> None:
    assert invoke("text", *words, capture_file(CHUNKS)).exit_code == 2


def test_a_terminal_gets_nothing_that_it_obeys(capture_file: Write) -> None:
    leader, follower = pty.openpty()
    words = [sys.executable, "-m", "ssetape", "text", str(capture_file(CHUNKS))]
    run_program(words, stdout=follower, check=True, timeout=60)
    os.close(follower)
    shown = b""
    try:
        while data := os.read(leader, 1000):
            shown += data
    except OSError:
        pass  # how a terminal says that nobody writes to it any more
    os.close(leader)
    assert shown.decode() == "café\r\n\\x1b[31m\r\n"


def test_an_answer_that_is_only_a_refusal_is_told(invoke: Invoke, capture_file: Write) -> None:
    pieces = [{"delta": {"refusal": piece}} for piece in ("I can", "not.")]
    result = invoke("text", capture_file(chat(*pieces)))
    assert result.stderr.startswith("ssetape: the answer has no text, but a refusal: I cannot.")
