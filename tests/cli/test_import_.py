"""`ssetape import`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ssetape
from ssetape.replay.verify import verify

Invoke = Callable[..., Result]

BODY = b"data: one\n\ndata: two\n\n"


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "answer.txt"
    path.write_bytes(BODY)
    return path


def har(*types: str) -> bytes:
    entries = [
        {
            "startedDateTime": "2026-11-25T09:30:12.000Z",
            "timings": {"wait": 10, "receive": 20},
            "request": {"method": "GET", "url": f"https://a.test/{n}", "headers": []},
            "response": {
                "status": 200,
                "headers": [{"name": "content-type", "value": media_type}],
                "content": {"text": "data: x\n\n"},
            },
        }
        for n, media_type in enumerate(types)
    ]
    return json.dumps({"log": {"entries": entries}}).encode()


def test_a_body_becomes_a_capture_that_replays(body: Path, tmp_path: Path, invoke: Invoke) -> None:
    url = "https://api.test/v1/chat"
    sent = tmp_path / "request.json"
    sent.write_text('{"stream": true}')
    result = invoke(
        "import", body, "--url", url, "--request-body", sent, "-o", tmp_path / "out", "--json"
    )
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["format"], told["times"], told["bytes"], told["chunks"]) == (
        "sse",
        "none",
        "exact",
        1,
    )
    capture = ssetape.open(told["path"])
    assert (capture.request.method, capture.request.url) == ("POST", url)
    assert capture.request.body == b'{"stream": true}'
    assert [event.data for event in capture.events()] == ["one", "two"]
    assert verify(capture).differences == []


def test_people_get_a_table_and_show_says_what_it_is(
    body: Path, tmp_path: Path, invoke: Invoke
) -> None:
    result = invoke("import", body, "-o", tmp_path / "out")
    heading, row = result.stdout.splitlines()
    assert heading.split() == ["format", "times", "bytes", "path"]
    assert row.split()[:3] == ["sse", "none", "exact"]
    assert result.stderr == "ssetape: captures created: 1\n"
    shown = invoke("show", row.split()[3]).stdout
    assert "imported from: answer.txt, times: none, bytes: exact" in shown


def test_of_ordinary_responses_it_says_how_to_have_them(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "page.har"
    path.write_bytes(har("text/html", "text/event-stream", "application/json"))
    result = invoke("import", path, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["url"] for line in result.stdout.splitlines()] == ["https://a.test/1"]
    assert "not streams: 2 (--all imports them too)" in result.stderr
    result = invoke("import", path, "-o", tmp_path / "all", "--all", "--json")
    assert len(result.stdout.splitlines()) == 3


def test_what_cannot_be_imported_is_told_and_the_rest_goes_on(
    body: Path, tmp_path: Path, invoke: Invoke
) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x00\x01 no stream")
    broken = tmp_path / "broken.har"
    broken.write_bytes(har("text/event-stream")[:-5])
    gone, folder = tmp_path / "gone", tmp_path / "folder"
    folder.mkdir()
    result = invoke("import", junk, broken, gone, folder, body, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    told = result.stderr
    assert f"{junk}: not imported: expected one of curl, har, mitm, sse, vcr" in told
    assert f"{broken}: not imported: the file is not JSON, or is incomplete" in told
    assert f"{gone}: not imported: No such file" in told
    assert f"{folder}: not imported: Is a directory" in told


def test_stdin_is_a_file_too(tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("import", "-", "-o", tmp_path, "--json", stdin=BODY)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["from"] == "-"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "nowhere"], "expected a URL such as https://"),
        (["--format", "har", "--method", "PUT"], "are for sse and curl"),
        (["--request-body", "/nowhere/body"], "--request-body /nowhere/body: No such file"),
    ],
)
def test_a_misuse_is_one(words: list[str], said: str, body: Path, invoke: Invoke) -> None:
    result = invoke("import", body, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_nothing_to_import_is_a_failure(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "page.har"
    path.write_bytes(har())
    assert invoke("import", path, "-o", tmp_path / "out").exit_code == 1
