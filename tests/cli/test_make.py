"""`ssetape make`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ssetape
from ssetape.protocols import writing
from ssetape.protocols.writing import names

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("protocol", names())
def test_a_made_capture_says_what_was_put_in(protocol: str, invoke: Invoke) -> None:
    made = invoke("make", "-o", "a.ssetape", "--protocol", protocol, "--text", "Hello there!")
    assert (made.exit_code, made.stdout) == (0, "")
    told = f"ssetape: made a.ssetape: {protocol}, 3 tokens (words and syllables)\n"
    assert made.stderr == told
    assert invoke("text", "a.ssetape").stdout == "Hello there!"


def test_it_shows_that_it_was_made(invoke: Invoke) -> None:
    invoke("make", "-o", "a.ssetape", "--text", "Hi", "--seed", "7", "--ttft", "uniform(1,2)")
    shown = invoke("show", "a.ssetape").stdout.splitlines()[1]
    assert shown == (
        "made, not recorded (protocol openai-chat, seed 7, number 1, cut words and syllables, "
        "head 0, ttft uniform(1,2), rate 50)"
    )


def test_everything_that_can_be_said_is_said(invoke: Invoke) -> None:
    words = ["--text", "Hi", "--reasoning", "Hm", "--tool", 'f={"a": 1}', "--usage", "12+40"]
    words += ["--model", "m", "--prompt", "Why?", "--path", "/mine"]
    assert invoke("make", "-o", "a.ssetape", *words).exit_code == 0
    capture = ssetape.open("a.ssetape")
    answer = capture.answer()
    assert (answer.text, answer.reasoning, answer.model) == ("Hi", "Hm", "m")
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("f", '{"a": 1}')]
    assert (answer.usage["prompt_tokens"], answer.usage["completion_tokens"]) == (12, 40)
    assert answer.stop == "tool_calls"
    assert capture.asked() == [("user", "Why?")]
    assert capture.request.url == "https://api.openai.com/mine"


def test_an_error_breaks_off(invoke: Invoke) -> None:
    invoke("make", "-o", "a.ssetape", "--text", "Hi", "--error", "overloaded")
    answer = ssetape.open("a.ssetape").answer()
    assert (answer.text, answer.error, answer.stop, answer.done) == ("Hi", "overloaded", None, None)


def test_its_times_are_those_that_are_asked_for(invoke: Invoke) -> None:
    words = ["--head", "0.25", "--ttft", "1", "--gap", "0.5", "--stall", "2@3"]
    invoke("make", "-o", "a.ssetape", "--text", "a b c", *words)
    capture = ssetape.open("a.ssetape")
    assert capture.response
    assert capture.response.t_s == 0.25
    assert [chunk.t_s for chunk in capture.chunks()] == [1, 1.5, 4]


def test_the_folder_of_a_capture_is_made(invoke: Invoke) -> None:
    assert invoke("make", "-o", "new/one/a.ssetape", "--text", "Hi").exit_code == 0
    assert ssetape.open("new/one/a.ssetape").text() == "Hi"


def test_a_folder_gets_a_capture_with_a_name_of_its_own(invoke: Invoke, tmp_path: Path) -> None:
    for _ in range(2):
        assert invoke("make", "-o", "captures", "--text", "Hi").exit_code == 0
    found = list((tmp_path / "captures").glob("chat-completions-*.ssetape"))
    assert len(found) == 2


def test_a_workload_is_a_folder_of_different_ones(invoke: Invoke, tmp_path: Path) -> None:
    words = ["--count", "5", "--tokens", "uniform(3,9)", "--ttft", "uniform(1,2)"]
    made = invoke("make", "-o", "load", *words, "--json")
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    assert "made 5 captures in load: openai-chat, " in made.stderr
    assert [row["path"] for row in rows] == [
        f"load/chat-completions-0000{number}.ssetape" for number in range(1, 6)
    ]
    assert all(row["protocol"] == "openai-chat" for row in rows)
    assert all(3 <= row["tokens"] <= 9 for row in rows)
    assert len({row["ttft_s"] for row in rows}) == 5
    for row in rows:
        capture = ssetape.open(row["path"])
        assert capture.end
        assert capture.end.t_s == row["duration_s"]
        assert capture.end.size_bytes == row["bytes"]
    again = invoke("make", "-o", "again", *words)
    assert again.exit_code == 0
    for path in (tmp_path / "load").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_it_can_be_piped(invoke: Invoke) -> None:
    made = invoke("make", "-o", "-", "--text", "Hi")
    assert invoke("text", "-", stdin=made.stdout_bytes).stdout == "Hi"


def test_a_request_s_body_is_a_file_or_json(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b'{"mine": 1}')
    for number, given in enumerate(("body.json", '{"mine": 1}')):
        name = f"{number}.ssetape"
        assert invoke("make", "-o", name, "--text", "a", "--request-body", given).exit_code == 0
        assert ssetape.open(name).request.body == b'{"mine": 1}'


def test_what_is_there_stays(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "a.ssetape").write_bytes(b"mine")
    made = invoke("make", "-o", "a.ssetape", "--text", "Hi")
    assert made.exit_code == 1
    assert made.stderr == ("Error: a.ssetape already exists: remove it, or choose another name\n")
    assert (tmp_path / "a.ssetape").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--protocol", "json-error"], "'json-error' is not one of 'a2a', 'ag-ui', 'anthropic', "),
        (["--protocol", "openai-caht"], "did you mean openai-chat"),
        (["--protocol", "plain-text", "--reasoning", "a"], "plain-text has no place for reasoning"),
        (["--path", "mine"], "expected a path such as /v1/chat"),
        (["--request-body", "nowhere"], "--request-body nowhere: No such file"),
        (["--count", "3"], "--count makes a folder of captures, but a.ssetape is one file"),
    ],
)
def test_what_makes_no_sense_is_misuse(
    words: list[str], problem: str, invoke: Invoke, tmp_path: Path
) -> None:
    made = invoke("make", "-o", "a.ssetape", *words)
    assert made.exit_code == 2
    assert re.search(problem, made.stderr.replace("\n", " "))
    assert list(tmp_path.iterdir()) == []


def test_a_protocol_of_another_package_may_have_a_writer(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Protocol:
        NAME = "mine"
        Writer = writing.writer_of("plain-text")

    monkeypatch.setattr(writing, "all_protocols", lambda: (Protocol,))
    made = invoke("make", "-o", "a.ssetape", "--protocol", "mine", "--text", "Hi")
    assert made.exit_code == 0
    assert ssetape.open("a.ssetape").made["protocol"] == "mine"


def test_made_captures_are_replayed_exactly(invoke: Invoke) -> None:
    for protocol in names():
        invoke("make", "-o", f"made/{protocol}.ssetape", "--protocol", protocol, "--tokens", "9")
    verified = invoke("verify", "--instant", "--json", "made")
    assert verified.exit_code == 0, verified.stderr
    assert len(verified.stdout.splitlines()) == len(names())
