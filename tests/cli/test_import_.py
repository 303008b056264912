"""`ssetape import`."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from shared_data import FOLDER, cases

import ssetape
from ssetape.errors import CaptureError
from ssetape.imports import _write
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
    assert f"{junk}: not imported: its format is unknown: it begins with binary data" in told
    for name in ("curl", "har", "httprr", "mitm", "sse", "vcr"):
        assert f"{name} expects " in told
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


def attached(name: str) -> bytes:
    """An archive as Playwright writes it, with the body in a file."""
    document = json.loads(har("text/event-stream"))
    document["log"]["entries"][0]["response"]["content"] = {"size": 9, "_file": name}
    return json.dumps(document).encode()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_dot_", "."), data)
    return file.getvalue()


def events_of(result: Result) -> list[str]:
    paths = [json.loads(line)["path"] for line in result.stdout.splitlines()]
    return [event.data for path in paths for event in ssetape.open(path).events()]


def test_a_body_in_a_file_beside_the_archive_is_found(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "1a.txt").write_bytes(b"data: x\n\n")
    (tmp_path / "a.har").write_bytes(attached("1a.txt"))
    result = invoke("import", tmp_path / "a.har", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0
    assert events_of(result) == ["x"]


@pytest.mark.parametrize(
    "name", ["gone", "../secret", "/etc/hostname", "link", ".", "a\0b", "folder"]
)
def test_no_file_outside_the_folder_is_read(name: str, tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "secret").write_bytes(b"data: secret\n\n")
    folder = tmp_path / "in"
    (folder / "folder").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "a.har").write_bytes(attached(name))
    result = invoke("import", folder / "a.har", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert "which is not beside the archive" in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.rglob("*.ssetape"))


def test_a_zip_is_imported_whole(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(har_dot_har=attached("1a.txt"), **{"1a_dot_txt": b"data: x\n\n"}))
    result = invoke("import", path, "-o", tmp_path / "out", "--json")
    assert events_of(result) == ["x"]
    path.write_bytes(
        zipped(a_dot_txt=b"data: one\n\n", readme=b"words", b=har("text/event-stream"))
    )
    result = invoke("import", path, "-o", tmp_path / "out", "--json")
    assert (result.exit_code, events_of(result)) == (0, ["one", "x"])
    path.write_bytes(zipped(readme=b"words"))
    result = invoke("import", path, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "the zip has no file of a known format. Of readme: " in result.stderr


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(har("text/event-stream"), mtime=0),
        har("text/event-stream").decode().encode("utf-16"),
        b"\xef\xbb\xbf" + har("text/event-stream"),
        "data: x\r\n\r\n".encode("utf-16"),
    ],
    ids=["gzip", "utf-16", "bom", "powershell"],
)
def test_a_source_may_be_packed(data: bytes, tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "source"
    path.write_bytes(data)
    result = invoke("import", path, "-o", tmp_path / "out", "--json")
    assert (result.exit_code, events_of(result)) == (0, ["x"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"size": 9}, "the archive has no body"),
        ({"text": "", "size": 0}, "it is empty in the source"),
    ],
)
def test_a_stream_that_has_lost_its_body_is_told(
    content: dict[str, Any], why: str, tmp_path: Path, invoke: Invoke
) -> None:
    document = json.loads(har("text/event-stream"))
    document["log"]["entries"][0]["response"]["content"] = content
    path = tmp_path / "page.har"
    path.write_text(json.dumps(document))
    result = invoke("import", path, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert f"https://a.test/0: imported without a body: {why}" in result.stderr


def test_a_source_without_exchanges_is_told(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "page.har"
    path.write_bytes(har())
    result = invoke("import", path, "-o", tmp_path / "out")
    assert "not imported: there is no exchange in it" in result.stderr


def test_a_content_type_decides(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "answer"
    path.write_bytes(b"Red fox")
    words = ["--content-type", "text/plain; charset=utf-8"]
    result = invoke("import", path, *words, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0
    capture = ssetape.open(json.loads(result.stdout)["path"])
    assert capture.response is not None
    assert capture.response.headers == [("content-type", "text/plain; charset=utf-8")]


def test_a_failure_leaves_no_capture_behind(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, body: Path
) -> None:
    def fail(*_: object) -> None:
        raise CaptureError("x", None, "no room")

    monkeypatch.setattr(_write, "mask_capture", fail)
    result = invoke("import", body, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "no room" in result.stderr
    assert not list(tmp_path.rglob("*.ssetape"))


@pytest.mark.parametrize("case", cases("trials/INDEX.json", key="file"))
def test_what_other_programs_write_is_imported(
    case: dict[str, Any], tmp_path: Path, invoke: Invoke
) -> None:
    path = FOLDER / "trials" / case["file"]
    content_type = case.get("content_type")
    words = ["--content-type", content_type] if content_type else []
    result = invoke("import", path, *words, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    capture = ssetape.open(json.loads(result.stdout)["path"])
    if content_type:
        assert capture.response is not None
        assert capture.response.headers == [("content-type", content_type)]
        assert b"".join(chunk.data for chunk in capture.chunks()) == path.read_bytes()
    elif capture.kind == "http":
        assert [event.data for event in capture.events()] == [case.get("event", "hi")]
    if capture.kind == "http":
        assert verify(capture).differences == []


@pytest.mark.parametrize("case", cases("trials/INDEX.json", key="file"))
def test_which_kind_of_stream_it_is_is_guessed(
    case: dict[str, Any], tmp_path: Path, invoke: Invoke
) -> None:
    kinds = {"sse": "text/event-stream", "ndjson": "application/x-ndjson"}
    kinds["eventstream"] = "application/vnd.amazon.eventstream"
    media_type = kinds.get(case["file"].rpartition(".")[2])
    if media_type is None:
        return
    data = (FOLDER / "trials" / case["file"]).read_bytes()
    result = invoke("import", FOLDER / "trials" / case["file"], "-o", tmp_path / "out", "--json")
    capture = ssetape.open(json.loads(result.stdout)["path"])
    assert capture.response is not None
    assert capture.response.headers == [("content-type", media_type)]
    assert b"".join(chunk.data for chunk in capture.chunks()) == data


def test_an_export_is_edited_and_imported(
    invoke: Invoke, capture_file: Callable[..., Path], tmp_path: Path
) -> None:
    chunks = [(0.5, b"data: one\n\n"), (1.0, b"data: two\n\n")]
    gzipped = gzip.compress(b"".join(data for _, data in chunks), mtime=0)
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    source = capture_file([(0.5, gzipped)], headers=headers)
    lines = tmp_path / "chat.jsonl"
    assert invoke("export", "--format", "jsonl", "-o", lines, source).exit_code == 0
    for words, code in (([], 0), (["--like", source], 0)):
        result = invoke("import", "--json", "-o", tmp_path / "new", *words, lines)
        assert result.exit_code == code
        found = json.loads(result.stdout)
        assert found["format"] == "jsonl"
        made = ssetape.open(found["path"])
        body = b"".join(chunk.data for chunk in made.chunks())
        assert body == (gzipped if words else gzip.decompress(gzipped))
        assert made.edited == {}
    lines.write_text(lines.read_text().replace('"data":"two"', '"data":"three"'))
    result = invoke("import", "--json", "-o", tmp_path / "new", "--like", source, lines)
    made = ssetape.open(json.loads(result.stdout)["path"])
    assert [event.data for event in made.events()] == ["one", "three"]
    assert "edited from" in invoke("show", made.path).stdout
    assert verify(made).differences == []


def test_a_wrong_line_is_named_and_what_may_be_empty_is_imported(
    invoke: Invoke, capture_file: Callable[..., Path], tmp_path: Path
) -> None:
    lines = tmp_path / "x.jsonl"
    invoke("export", "--format", "jsonl", "-o", lines, capture_file([]))
    assert invoke("import", "-o", tmp_path / "new", lines).exit_code == 0
    lines.write_text(lines.read_text() + "\n{\n")
    result = invoke("import", "-o", tmp_path / "new", lines)
    assert result.exit_code == 1
    assert f"{lines}: line 5: not imported: expected JSON, found '{{'" in result.stderr


def test_a_capture_to_be_like_is_for_lines(invoke: Invoke, body: Path, tmp_path: Path) -> None:
    invoke("import", "-o", tmp_path, body)
    result = invoke("import", "--like", tmp_path, body)
    assert result.exit_code == 2
    assert "--like is for jsonl, but this is sse" in result.stderr
