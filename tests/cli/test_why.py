"""`ssetape why`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

WORDS = (b"the first question", b"another question", b"something else")
Write = Callable[..., Path]
Invoke = Callable[..., Result]


@pytest.fixture
def paths(capture_file: Write) -> list[str]:
    chat = capture_file([], method="POST", url="https://a.test/v1/chat", body=b'{"q": 1}')
    other = capture_file([], method="POST", url="https://a.test/v1/chat", body=b'{"q": 2}')
    models = capture_file([], url="https://a.test/v1/models")
    return [str(chat), str(other), str(models)]


def test_the_one_that_answers_comes_first(paths: list[str], invoke: Invoke, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(b'{"q":2}')
    result = invoke("why", "POST https://a.test/v1/chat", "--body", body, *paths, "--json")
    assert result.exit_code == 0
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert (first["capture"], first["answers"]) == (paths[1], True)
    assert (first["reaches"], first["differs"]) == ("normalised", [])
    assert (second["capture"], second["answers"], second["reaches"]) == (paths[0], False, "path")
    assert second["differs"] == ["body.q: asked 2, captured 1"]
    assert (third["capture"], third["reaches"]) == (paths[2], None)


def test_people_get_a_table(paths: list[str], invoke: Invoke) -> None:
    result = invoke("why", "GET /v1/models", *paths)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1].split()[:3] == ["answers", "exact", "1.00"]


def test_where_none_answers_it_fails(paths: list[str], invoke: Invoke) -> None:
    result = invoke("why", "POST /v1/chat", "--match", "normalised", *paths)
    assert result.exit_code == 1
    assert "no capture answers POST /v1/chat with --match normalised" in result.stderr
    assert "body: asked 0 bytes" in result.stdout


def test_a_capture_s_request_can_be_asked_for(paths: list[str], invoke: Invoke) -> None:
    result = invoke("why", paths[1], *paths, "--json")
    assert json.loads(result.stdout.splitlines()[0])["capture"] == paths[1]
    assert json.loads(result.stdout.splitlines()[0])["reaches"] == "exact"


@pytest.mark.parametrize("request_", ["/v1/chat", "POST", "POST v1/chat", ""])
def test_what_is_no_request_is_misuse(request_: str, paths: list[str], invoke: Invoke) -> None:
    result = invoke("why", request_, *paths)
    assert result.exit_code == 2
    assert "expected a method and a URL or path" in result.stderr


def test_a_header_is_a_name_and_a_value(paths: list[str], invoke: Invoke) -> None:
    result = invoke("why", "GET /v1/models", "-H", "host", *paths)
    assert result.exit_code == 2
    result = invoke("why", "GET /v1/models", "-H", "Host: b.test", "--match", "exact", *paths)
    assert result.exit_code == 1


def test_nothing_to_compare_with_is_told(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("why", "GET /", str(tmp_path))
    assert result.exit_code == 1
    assert "there are no captures in" in result.stderr


def test_the_two_best_explain_the_choice(capture_file: Write, invoke: Invoke) -> None:
    url = "https://a.test/v1/chat"
    bodies = [b'{"messages":[{"content":"%b"}],"id":"%d"}' % (w, n) for n, w in enumerate(WORDS)]
    one, two, _ = (str(capture_file([], method="POST", url=url, body=body)) for body in bodies)
    asked = capture_file([], method="POST", url=url, body=bodies[0].replace(b'"0"', b'"9"'))
    result = invoke("why", str(asked), one, two)
    assert result.exit_code == 0
    assert re.search(
        rf"nearest: {re.escape(one)} at 0\.9\d, next: {re.escape(two)} at 0\.\d\d, "
        rf"differs in body\.id$",
        result.stderr.strip(),
    )
    row = json.loads(invoke("why", str(asked), one, two, "--json").stdout.splitlines()[0])
    assert row["answers"]
    assert 0.9 < row["alike"] < 1


def test_a_named_header_counts(capture_file: Write, invoke: Invoke) -> None:
    path = capture_file([], url="https://a.test/x")
    words = ["why", "GET /x", str(path), "--match", "normalised", "-H", "accept-language: de"]
    assert invoke(*words).exit_code == 0
    result = invoke(*words, "--match-header", "Accept-Language", "--json")
    assert result.exit_code == 1
    differs = json.loads(result.stdout)["differs"]
    assert differs == ["header accept-language: asked 'de', captured 'none'"]


def test_a_url_may_be_typed_as_it_is_read(capture_file: Write, invoke: Invoke) -> None:
    path = capture_file([], url="https://a.test/caf%C3%A9?q=%C3%A9")
    result = invoke("why", "GET /café?q=é", str(path), "--match", "exact")
    assert result.exit_code == 0
