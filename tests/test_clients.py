"""Replays, read to their end by clients that people use: what comes is what was captured."""

import http.client
import io
import json
import shutil
import socket
import subprocess
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from shared_data import FOLDER, cases

import ssetape
from ssetape.capture import Capture
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving

Write = Callable[..., Path]

TIMEOUT_S = 60.0  # for what should never happen; no test waits for it

# What is odd in a stream: a comment, CRLF cut in two, a character over three chunks, a chunk of
# one byte, two events in one chunk, and data with a trailing space.
CHUNKS = [
    (0.00, b": keep-alive\n\n"),
    (0.05, b"retry: 3000\nid: 1\ndata: \xf0\x9f"),
    (0.06, b"\x8e"),
    (0.07, b"\xac caf\xc3\xa9\n\n"),
    (0.10, b"event: note\r\ndata: two\r"),
    (0.11, b"\ndata: lines \r\n\r\n"),
    (0.15, b"id: 3\ndata: a\n\ndata: b\n\n"),
    (0.20, b"data: [DONE]\n\n"),
]
BODY = b"".join(data for _, data in CHUNKS)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay is on this machine, whatever proxy the environment names for the world."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, raw_capture: Callable[..., bytes]) -> Path:
    """The stream as it is, compressed, cut in its middle, and as the answer to a POST."""
    deflate = zlib.compressobj(wbits=31)
    squeezed = [
        (t, deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)) for t, data in CHUNKS
    ]
    squeezed.append((0.2, deflate.flush()))
    event_stream = ("Content-Type", "text/event-stream; charset=utf-8")
    streams = {
        "plain": raw_capture(CHUNKS, url="https://api.test/plain"),
        "gzip": raw_capture(
            squeezed,
            url="https://api.test/gzip",
            headers=[event_stream, ("Content-Encoding", "gzip")],
        ),
        "cut": raw_capture(CHUNKS[:5], url="https://api.test/cut", end="upstream_cut", end_s=0.15),
        "post": raw_capture(
            CHUNKS, url="https://api.test/post?b=2&a=1", method="POST", body=b'{"stream": true}'
        ),
        "known": raw_capture(
            [(0.0, b"known"), (0.1, b" length")],
            url="https://api.test/known",
            headers=[("Content-Length", "12")],
        ),
    }
    folder = tmp_path_factory.mktemp("clients")
    for name, content in streams.items():
        (folder / f"{name}.ssetape").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serving(map(ssetape.open, sorted(folder.iterdir()))) as running:
        yield running


@pytest.fixture(scope="module")
def plain(folder: Path) -> Capture:
    return ssetape.open(folder / "plain.ssetape")


# curl


def curl(*words: str) -> tuple[int, bytes]:
    """Run curl, which asks directly whatever the environment says of proxies."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-q", "-sS", "-N", "--noproxy", "*", "--max-time", "60", *words]
    outcome = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    return outcome.returncode, outcome.stdout


def test_curl_reads_it_byte_for_byte(url: str) -> None:
    assert curl(f"{url}/plain") == (0, BODY)


def test_curl_sees_the_chunks_as_they_were_cut(url: str) -> None:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for _, data in CHUNKS) + b"0\r\n\r\n"
    assert curl("--raw", f"{url}/plain") == (0, framed)


def test_curl_reads_it_with_http_1_0_and_as_a_proxy_too(url: str) -> None:
    assert curl("--http1.0", f"{url}/plain") == (0, BODY)
    assert curl("--noproxy", "", "--proxy", url, "http://api.test/plain") == (0, BODY)


def test_curl_inflates_what_was_recorded_compressed(url: str) -> None:
    assert curl("--compressed", f"{url}/gzip") == (0, BODY)


def test_curl_notices_the_cut_and_has_all_that_came_before_it(url: str) -> None:
    code, body = curl(f"{url}/cut")
    assert body == b"".join(data for _, data in CHUNKS[:5])
    assert code == 18  # CURLE_PARTIAL_FILE
    code, body = curl("--http1.0", f"{url}/cut")
    assert body == b"".join(data for _, data in CHUNKS[:5])
    assert code == 56  # CURLE_RECV_ERROR: there, a reset is all that tells a cut from an end


def test_curl_posts_and_gets_the_answer(url: str) -> None:
    words = ("-H", "content-type: application/json", "-d", '{"stream":true}')
    assert curl(*words, f"{url}/post?a=1&b=2") == (0, BODY)


def test_curl_reads_many_over_one_connection(url: str) -> None:
    code, body = curl(
        *("-w", "<%{num_connects}>"),
        *(f"{url}/{name}" for name in ("plain", "known", "plain", "nothing", "known")),
    )
    assert code == 0
    assert body.startswith(BODY + b"<1>known length<0>" + BODY + b"<0>{")
    assert body.endswith(b"<0>known length<0>")


# Python


def test_urllib_reads_it_byte_for_byte(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/plain", timeout=TIMEOUT_S) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.read() == BODY
    with (
        opener.open(f"{url}/cut", timeout=TIMEOUT_S) as response,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        response.read()
    assert caught.value.partial == b"".join(data for _, data in CHUNKS[:5])


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=TIMEOUT_S) as running:
        yield running


def test_httpx_reads_it_byte_for_byte_and_line_by_line(url: str, client: httpx.Client) -> None:
    with client.stream("GET", f"{url}/plain") as response:
        assert b"".join(response.iter_raw()) == BODY
    with client.stream("GET", f"{url}/plain") as response:
        assert list(response.iter_lines()) == BODY.decode().splitlines()


def test_httpx_inflates_what_was_recorded_compressed(
    url: str, client: httpx.Client, folder: Path
) -> None:
    with client.stream("GET", f"{url}/gzip") as response:
        assert b"".join(response.iter_bytes()) == BODY
    recorded = b"".join(c.data for c in ssetape.open(folder / "gzip.ssetape").chunks())
    with client.stream("GET", f"{url}/gzip") as response:
        assert b"".join(response.iter_raw()) == recorded


def test_httpx_notices_the_cut(url: str, client: httpx.Client) -> None:
    received: list[bytes] = []
    with client.stream("GET", f"{url}/cut") as response:
        pieces = response.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            received.extend(pieces)
    assert b"".join(received) == b"".join(data for _, data in CHUNKS[:5])


def test_httpx_posts_json_in_its_own_spelling_and_gets_the_answer(
    url: str, client: httpx.Client
) -> None:
    answer = client.post(f"{url}/post", params={"b": "2", "a": "1"}, json={"stream": True})
    assert answer.content == BODY


def test_a_raw_socket_sees_each_chunk_where_it_was_cut(url: str, plain: Capture) -> None:
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as sock:
        sock.sendall(b"GET /plain HTTP/1.1\r\nHost: api.test\r\n\r\n")
        with sock.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            fields = {line.rstrip().lower() for line in iter(file.readline, b"\r\n")}
            assert fields == {b"content-type: text/event-stream", b"transfer-encoding: chunked"}
            received = []
            while size := int(file.readline(), 16):
                received.append(file.read(size))
                assert file.read(2) == b"\r\n"
            assert file.readline() == b"\r\n"
    assert received == [chunk.data for chunk in plain.chunks()]


# Node, whose fetch is also that of browsers and of Deno


def test_nodes_fetch_reads_it_byte_for_byte(url: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    script = """
        const chunks = [];
        for await (const chunk of (await fetch(process.argv[1])).body) chunks.push(chunk);
        process.stdout.write(Buffer.concat(chunks));
    """
    outcome = subprocess.run(
        ["node", "--input-type=module", "--eval", script, f"{url}/plain"],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    assert outcome.stdout == BODY


# OpenAI's SDK


def chat(url: str) -> list[Any]:
    """The parts of a streamed answer, as the SDK gives them to a program."""
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", timeout=TIMEOUT_S) as client,
        client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": "Hello"}], stream=True
        ) as stream,
    ):
        return list(stream)


def text(parts: Sequence[Any]) -> str:
    """What the first choice says."""
    choices = (choice for part in parts for choice in part.choices if choice.index == 0)
    contents = (choice.delta.content for choice in choices)
    # One provider sends what it thinks as a list in the same field.
    return "".join(content for content in contents if isinstance(content, str))


def cut(body: bytes, size: int) -> list[tuple[float, bytes]]:
    """A body in chunks that heed neither events nor characters."""
    return [(0.0, body[start : start + size]) for start in range(0, len(body), size)]


def parts_of(capture: Capture) -> list[Any]:
    """The JSON of a capture's events."""
    return [json.loads(event.data) for event in capture.events() if event.data != "[DONE]"]


CHAT = {"url": "https://api.openai.com/v1/chat/completions", "method": "POST", "body": b"{}"}


def test_the_openai_sdk_reads_an_answer_as_if_from_the_api(capture_file: Write) -> None:
    words = ["Grüße", ", ", "", "世界", "! 🎬"]
    part = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    stream = io.BytesIO()
    for word in words:
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        data = json.dumps({**part, "choices": [choice]}, ensure_ascii=False)
        stream.write(f"data: {data}\n\n".encode())
    stream.write(b"data: [DONE]\n\n")
    capture = ssetape.open(capture_file(cut(stream.getvalue(), 7), **CHAT))
    with serving([capture]) as url:
        parts = chat(url)
    assert [part.choices[0].delta.content for part in parts] == words
    assert [part.to_dict() for part in parts] == parts_of(capture)


def real_answers() -> list[Any]:
    """Real answers whose text is stated, and which this SDK is known to read right."""
    name = "real/INDEX.json"
    if not (FOLDER / name).exists():
        return cases(name)
    return [
        parameter
        for parameter in cases(name, key="file")
        for answer in parameter.values
        if answer["protocol"] == "openai-chat-completions"
        and answer["expected_statements"]
        and answer["expected"].get("text")
        and any(
            result["client"].startswith("openai-py.create") and result.get("text_equal")
            for result in answer["client_results"]
        )
    ]


@pytest.mark.parametrize("answer", real_answers())
def test_the_openai_sdk_reads_a_real_answer_as_its_makers_say(
    answer: Any, capture_file: Write
) -> None:
    body = (FOLDER / "real" / answer["file"]).read_bytes()
    headers = [("content-type", answer["content_type"])]
    capture = ssetape.open(capture_file(cut(body, 1 + len(body) // 50), headers=headers, **CHAT))
    with serving([capture], Pace(instant=True)) as url:
        parts = chat(url)
    assert text(parts) == answer["expected"]["text"]
    assert len(parts) == len(parts_of(capture))
