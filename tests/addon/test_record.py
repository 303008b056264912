import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from h2.events import ResponseReceived, StreamEnded, TrailersReceived
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from proxies import (
    EVENT_STREAM,
    RECORD,
    REPOSITORY,
    TIMEOUT_S,
    Client,
    Cut,
    Exchange,
    Handler,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    fetch,
    in_process,
    wait_until,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.recording import recording
from ssetape.samples.streams import STREAMS

# A comment, retry, ids, CRLF, a cut inside a UTF-8 character, two events in one chunk.
TOUR = [piece.data for piece in STREAMS["tour"].pieces]
BODY = [b"data: one\n\n", b"data: two\n\n"]


def answer(*fields: str, chunks: list[bytes] = BODY, status: str = "200 OK") -> Handler:
    """Answers with a head of these fields, and chunks at once."""

    def handler(exchange: Exchange) -> None:
        exchange.head(*fields, status=status)
        for data in chunks:
            exchange.chunk(data)
        exchange.end()

    return handler


# How it is loaded


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has of the product, and nothing that an installation adds."""
    folder = tmp_path_factory.mktemp("clone")
    for package in ("addon", "ssetape"):
        shutil.copytree(
            REPOSITORY / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


# Without `site` no .pth file is read, and so no editable installation is found.
WITHOUT_INSTALLATION = [
    sys.executable,
    "-S",
    "-P",
    "-c",
    "import sys; "
    f"sys.path.append({sysconfig.get_paths()['purelib']!r}); "
    "sys.argv = sys.argv[1:]; "
    "from mitmproxy.tools.main import mitmdump; "
    "mitmdump()",
]


@pytest.mark.parametrize(
    ("cwd", "script"),
    [
        (".", "{clone}/addon/record.py"),
        ("{clone}", "addon/record.py"),
        ("{clone}/addon", "record.py"),
    ],
    ids=["from another folder", "from the clone", "from inside addon"],
)
def test_a_bare_clone_records_with_nothing_installed(
    cwd: str, script: str, clone: Path, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(
        "import importlib.util, logging\n"
        "found = importlib.util.find_spec('ssetape')\n"
        "logging.warning(f'before: {found}')\n"
    )
    after.write_text(
        "import logging, sys, ssetape.recording.recording\n"
        "ours = [m for n, m in sys.modules.items() if n.partition('.')[0] == 'ssetape']\n"
        "files = {m.__file__ for m in ours}\n"
        "logging.warning(f'after: {sorted(files)}')\n"
    )
    url = origin.serve(answer())
    environment = {"PYTHONPATH": ""}
    with Mitmdump(
        confdir,
        tmp_path / "tapes",
        scripts=[before, script.format(clone=clone), after],
        wrapper=WITHOUT_INSTALLATION,
        cwd=Path(cwd.format(clone=clone)) if cwd != "." else tmp_path,
        environment=environment,
    ) as proxy:
        assert fetch(proxy.port, url) == BODY
        assert [chunk.data for chunk in proxy.capture(url).chunks()] == BODY
        assert "before: None" in proxy.log
        files = re.findall(r"'([^']+\.py)'", proxy.wait_for("after: .*")[0])
        assert len(files) > 3
        assert all(Path(file).is_relative_to(clone) for file in files)


def test_what_it_imports_of_this_project_needs_nothing_but_the_standard_library() -> None:
    # mitmproxy's standalone binary has no other packages, and lacks these parts of the library.
    missing = {"sqlite3", "zoneinfo", "wsgiref", "shelve", "dbm", "sched", "timeit", "graphlib"}
    code = (
        "import sys, ssetape.format.encode, ssetape.format.writer, ssetape.masking.by_place\n"
        "from ssetape.addon import ends; from ssetape.recording import recording\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    loaded = {name for name in run.stdout.split() if not name.startswith(("_", "ssetape"))}
    assert loaded.isdisjoint(
        {"orjson", "msgspec", "click", "brotli", "h11", "rich", "backports"} | missing
    )


# A stream, live


def test_a_stream_is_let_through_chunk_by_chunk_and_recorded_to_the_byte(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    seen = threading.Semaphore(0)
    gap_s = 0.05

    def tour(exchange: Exchange) -> None:
        time.sleep(0.5)
        exchange.head()
        for data in TOUR:
            time.sleep(gap_s)
            exchange.chunk(data)
            # The next chunk is sent only when the client has this one: held back by the proxy,
            # it would never come.
            assert seen.acquire(timeout=TIMEOUT_S)
        exchange.end()

    url = origin.serve(tour)
    started_s = time.perf_counter()
    received = []
    with Client(mitmdump.port, url) as client:
        client.head()
        for data in client.chunks():
            received.append(data)
            seen.release()
    took_s = time.perf_counter() - started_s
    assert received == TOUR

    capture = mitmdump.capture(url)
    assert [chunk.data for chunk in capture.chunks()] == TOUR
    assert [event.data for event in capture.events()] == [
        "The tour starts here.",
        "This event ends its lines with CRLF.",
        "The next byte of café is in another chunk.",
        "Two events,",
        "one chunk.",
        "[DONE]",
    ]
    assert capture.response is not None
    assert capture.end is not None
    times_s = [capture.response.t_s, *(chunk.t_s for chunk in capture.chunks()), capture.end.t_s]
    assert times_s[0] >= 0.5
    gaps_s = [later - earlier for earlier, later in pairwise(times_s)]
    assert all(gap >= gap_s - 1e-6 for gap in gaps_s[1:-1])
    assert min(gaps_s) >= 0
    assert times_s[-1] <= took_s
    assert (capture.end.reason, capture.end.chunks) == ("complete", 7)
    assert capture.end.size_bytes == len(b"".join(TOUR))


def test_the_sample_server_is_recorded_as_it_was_scripted(mitmdump: Mitmdump) -> None:
    from ssetape.samples.server import SampleServer

    tour = STREAMS["tour"]
    with SampleServer() as server:
        url = f"{server.url}/streams/tour"
        assert fetch(mitmdump.port, url) == TOUR
    capture = mitmdump.capture(url)
    recorded = list(capture.chunks())
    assert [chunk.data for chunk in recorded] == TOUR
    # The script counts from when the server had the request, which is never before it was sent.
    assert capture.response is not None
    assert capture.response.t_s >= tour.head_s
    assert all(c.t_s >= piece.t_s for c, piece in zip(recorded, tour.pieces, strict=True))


def test_a_request_is_recorded_with_its_body_and_headers_in_order(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer(EVENT_STREAM, "X-Twice: a", "x-twice: b", "X-Latin: \xe9"))
    body = '{"prompt": "Grüße"}'.encode()
    fetch(mitmdump.port, f"{url}?q=1", "X-B: 2", "x-a: 1", "X-B: 3", method="POST", body=body)
    capture = mitmdump.capture(url)
    request, response = capture.request, capture.response
    assert (request.method, request.url) == ("POST", f"{url}?q=1")
    assert request.http_version == "HTTP/1.1"
    assert request.body == body
    assert [pair for pair in request.headers if pair[0].lower() in ("x-a", "x-b")] == [
        ("X-B", "2"),
        ("x-a", "1"),
        ("X-B", "3"),
    ]
    assert response is not None
    assert (response.status, response.reason, response.http_version) == (200, "OK", "HTTP/1.1")
    assert response.headers == [
        ("Content-Type", "text/event-stream"),
        ("X-Twice", "a"),
        ("x-twice", "b"),
        ("X-Latin", "\xe9"),
        ("Transfer-Encoding", "chunked"),
    ]


def test_a_request_body_that_is_no_text_is_recorded_too(mitmdump: Mitmdump, origin: Origin) -> None:
    url = origin.serve(answer())
    body = bytes(range(256))
    fetch(mitmdump.port, url, method="POST", body=body)
    assert mitmdump.capture(url).request.body == body


def test_an_error_that_is_streamed_is_recorded_with_its_status(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer(status="429 Too Many Requests"))
    fetch(mitmdump.port, url)
    response = mitmdump.capture(url).response
    assert response is not None
    assert (response.status, response.reason) == (429, "Too Many Requests")


def test_a_connection_that_is_used_again_gives_a_capture_each(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    bodies = [[b"data: %d\n\n" % number] for number in range(3)]
    urls = [origin.serve(answer(chunks=body)) for body in bodies]
    request = "GET {} HTTP/1.1\r\nHost: {}\r\n\r\n"
    with Client(mitmdump.port, urls[0]) as client:
        client.head()
        assert list(client.chunks()) == bodies[0]
        for url, body in zip(urls[1:], bodies[1:], strict=True):
            client.sock.sendall(request.format(url, f"127.0.0.1:{origin.port}").encode())
            client.head()
            assert list(client.chunks()) == body
    for url, body in zip(urls, bodies, strict=True):
        assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == body


# What is recorded


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Type: text/event-stream"],
        ["content-type:text/event-stream"],
        ["CONTENT-TYPE: Text/Event-Stream"],
        ["Content-Type: text/event-stream;charset=utf-8"],
        ["Content-Type: text/event-stream ; charset=UTF-8; x=y"],
        ["Content-Type: \ttext/event-stream  "],
        ["Content-Type: application/json", "Content-Type: text/event-stream"],
        ["Content-Type: text/event-stream, text/event-stream"],
    ],
    ids=lambda fields: " | ".join(fields).replace("\t", "TAB"),
)
def test_an_event_stream_is_known_in_any_spelling(
    fields: list[str], mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer(*[field.replace(":text", ": text") for field in fields]))
    assert fetch(mitmdump.port, url) == BODY
    assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == BODY


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "text/event-streams",
        "x-text/event-stream",
        "text/html; was=text/event-stream",
        "multipart/mixed",
    ],
)
def test_other_types_are_left_alone(value: str, mitmdump: Mitmdump, origin: Origin) -> None:
    url = origin.serve(answer(f"Content-Type: {value}"))
    assert b"".join(fetch(mitmdump.port, url)) == b"".join(BODY)
    # Had there been one to be, its first lines were written before the client's head was.
    assert not list(mitmdump.tape_dir.glob(f"*{url.rpartition('/')[2]}-*"))


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")],
)
def test_responses_that_have_no_body_are_left_alone(
    method: str, status: str, mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(lambda exchange: exchange.head(status=status, chunked=False))
    with Client(mitmdump.port, url, method=method) as client:
        assert client.head() == int(status[:3])
    assert not list(mitmdump.tape_dir.glob(f"*{url.rpartition('/')[2]}-*"))


def test_an_event_stream_without_a_byte_is_a_complete_capture(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer(chunks=[]))
    assert fetch(mitmdump.port, url) == []
    capture = mitmdump.capture(url)
    assert list(capture.chunks()) == []
    assert capture.end is not None
    assert capture.end.reason == "complete"


def test_options_choose_the_folder_the_flows_and_the_masking(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    chosen, other = origin.serve(answer(), "chosen"), origin.serve(answer(), "other")
    secret = "Authorization: Bearer do-not-tell"
    with Mitmdump(
        confdir,
        "~/my tapes",
        "tape_filter=~u /chosen & ~m GET",
        "tape_mask=off",
        environment={"HOME": str(tmp_path)},
        cwd=tmp_path,
    ) as proxy:
        for url in (other, chosen):
            assert b"".join(fetch(proxy.port, f"{url}?key=k-do-not-tell", secret)) == b"".join(BODY)
        folder = tmp_path / "my tapes"
        capture = ended_capture(folder, chosen)
        assert len(captures(folder)) == 1
    assert ("Authorization", "Bearer do-not-tell") in capture.request.headers
    assert capture.request.url == f"{chosen}?key=k-do-not-tell"
    assert (capture.request.masked_headers, capture.request.masked_query) == ((), ())
    # Whatever the captures keep, the log does not.
    assert "do-not-tell" not in "\n".join(re.findall("ssetape.*", proxy.log))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("tape_filter=~u [", "tape_filter '~u ['"),
        ("tape_filter=~nonsense", "tape_filter '~nonsense'"),
        # What is not "on" must not pass for "off".
        ("tape_mask=yes", "tape_mask"),
        ("tape_types=audio", "tape_types 'audio'"),
    ],
)
def test_an_option_that_is_not_right_stops_the_start_with_a_reason(
    option: str, words: str, confdir: Path, tmp_path: Path
) -> None:
    proxy = Mitmdump(confdir, tmp_path / "tapes", option)
    try:
        proxy.wait_for(re.escape(words))
        assert proxy.wait() == 1
    finally:
        proxy.stop()


# How it travels


def send(data: bytes, *fields: str, pieces: int = 3) -> Handler:
    """Answers with bytes that are not chunked, in some writes that wait for the client."""

    def handler(exchange: Exchange) -> None:
        exchange.head(EVENT_STREAM, *fields, chunked=False)
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            exchange.send(data[start : start + size])
            time.sleep(0.05)

    return handler


@pytest.mark.parametrize("framing", ["content-length", "end of connection"])
def test_streams_that_are_not_chunked_are_recorded_read_by_read(
    framing: str, mitmdump: Mitmdump, origin: Origin
) -> None:
    body = b"".join(TOUR)
    fields = [f"Content-Length: {len(body)}"] if framing == "content-length" else []
    url = origin.serve(send(body, *fields))
    with Client(mitmdump.port, url) as client:
        client.head()
        # To the end, where the connection is what ends the body.
        assert client.read(len(body) if fields else -1) == body
    capture = mitmdump.capture(url)
    recorded = [chunk.data for chunk in capture.chunks()]
    assert b"".join(recorded) == body
    assert len(recorded) >= 2  # in one read only if the machine slept
    assert capture.end is not None
    assert capture.end.reason == "complete"


def test_a_stream_over_tls_is_recorded_chunk_by_chunk(
    mitmdump: Mitmdump, tls_origin: Origin
) -> None:
    def slow_head(exchange: Exchange) -> None:
        time.sleep(0.2)
        answer(chunks=TOUR)(exchange)

    url = tls_origin.serve(slow_head)
    assert fetch(mitmdump.port, url) == TOUR
    capture = mitmdump.capture(url)
    assert capture.request.url == url
    assert [chunk.data for chunk in capture.chunks()] == TOUR
    assert capture.response is not None
    assert capture.response.t_s >= 0.2


@pytest.mark.parametrize("size", [1, 100_000, 3_000_000])
def test_chunks_of_any_size_keep_every_byte(size: int, mitmdump: Mitmdump, origin: Origin) -> None:
    data = (b"data: " + b"x" * 58) * (size // 64 + 1)
    url = origin.serve(answer(chunks=[data[:size]]))
    received = b"".join(fetch(mitmdump.port, url))
    assert received == data[:size]
    assert b"".join(chunk.data for chunk in mitmdump.capture(url).chunks()) == received


def test_http2_is_recorded_frame_by_frame(mitmdump: Mitmdump, http2_origin: Http2Origin) -> None:
    seen = threading.Semaphore(0)

    def tour(exchange: Http2Exchange) -> None:
        exchange.head()
        for data in TOUR:
            exchange.data(data)
            assert seen.acquire(timeout=TIMEOUT_S)
        exchange.end()

    url = http2_origin.serve(tour)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url, ("cookie", "a=do-not-tell"))
        client.event(ResponseReceived)
        for data in TOUR:
            assert client.data() == data
            seen.release()
        client.event(StreamEnded)
    capture = mitmdump.capture(url)
    assert [chunk.data for chunk in capture.chunks()] == TOUR
    assert capture.request.http_version == "HTTP/2.0"
    assert capture.request.url == url
    assert capture.response is not None
    assert capture.response.http_version == "HTTP/2.0"
    assert b"do-not-tell" not in capture.path.read_bytes()


def test_http2_frames_that_come_at_once_are_a_chunk_each(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    def burst(exchange: Http2Exchange) -> None:
        exchange.head()
        for data in TOUR[:-1]:
            exchange.data(data)
        exchange.data(TOUR[-1], end_stream=True)

    url = http2_origin.serve(burst)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        client.event(StreamEnded)
    assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == TOUR


def test_an_empty_http2_frame_in_mid_stream_is_not_taken_for_the_end(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    # mitmproxy hands it to the stream function as b"", which is also how it tells of the end.
    def handler(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(BODY[0])
        exchange.data(b"")
        exchange.data(BODY[1], end_stream=True)

    url = http2_origin.serve(handler)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        assert [client.data(), client.data()] == BODY
        client.event(StreamEnded)
    capture = mitmdump.capture(url)
    assert [chunk.data for chunk in capture.chunks()] == BODY
    assert capture.end is not None
    assert (capture.end.reason, capture.end.chunks) == ("complete", 2)


def test_streams_that_share_an_http2_connection_are_kept_apart(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    all_asked = threading.Barrier(4)

    def counting(letter: bytes) -> Callable[[Http2Exchange], None]:
        def handler(exchange: Http2Exchange) -> None:
            all_asked.wait(TIMEOUT_S)
            exchange.head()
            for number in range(10):
                exchange.data(b"data: %b%d\n\n" % (letter, number))
            exchange.end()

        return handler

    urls = {letter: http2_origin.serve(counting(letter)) for letter in (b"a", b"b", b"c", b"d")}
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        for url in urls.values():
            client.get(url)
        for _ in urls:
            client.event(StreamEnded)
    for letter, url in urls.items():
        expected = [b"data: %b%d\n\n" % (letter, number) for number in range(10)]
        assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == expected


def test_http2_trailers_are_recorded_with_secrets_masked_and_marked(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    def with_trailers(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(BODY[0])
        exchange.trailers([("x-checksum", "abc"), ("x-api-key", "do-not-tell")])

    url = http2_origin.serve(with_trailers)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        assert client.data() == BODY[0]
        assert dict(client.event(TrailersReceived).headers)["x-checksum"] == "abc"
    capture = mitmdump.capture(url)
    (trailers,) = [record for record in capture.records() if record[1] == "trailers"]
    assert [tuple(pair) for pair in trailers[2]] == [("x-checksum", "abc"), ("x-api-key", "MASKED")]
    assert capture.end is not None
    assert capture.end.reason == "complete"
    # "MASKED" may as well be what the server sent, unless something says that it is not.
    _, _, *lines = capture.path.read_bytes().splitlines()
    assert [line for line in lines if b'"masked"' in line and b"x-api-key" in line]


# What goes on around it


def test_files_are_for_this_user_alone_and_a_hundred_at_once_do_not_collide(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    streams = 100
    # A common path: only the random part keeps the names apart.
    url = origin.serve(answer(), "crowd")
    with ThreadPoolExecutor(25) as pool:
        bodies = list(pool.map(lambda n: fetch(mitmdump.port, f"{url}?n={n}"), range(streams)))
    assert bodies == [BODY] * streams
    paths = list(mitmdump.tape_dir.glob(f"*{url.rpartition('/')[2]}-*"))
    assert len(paths) == streams
    numbers = set()
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        numbers.add(ended_capture_of(path).request.url.rpartition("=")[2])
    assert numbers == {str(n) for n in range(streams)}
    assert stat.S_IMODE(mitmdump.tape_dir.stat().st_mode) == 0o700


def ended_capture_of(path: Path) -> Any:
    import ssetape

    capture = ssetape.open(path)
    assert capture.end is not None
    assert capture.end.reason == "complete"
    assert [chunk.data for chunk in capture.chunks()] == BODY
    return capture


def test_a_folder_that_is_taken_away_is_made_again(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b"
    with in_process(confdir, SsetapeRecord(), tape_dir=str(folder)) as port:
        for _ in range(2):
            url = origin.serve(answer())
            assert fetch(port, url) == BODY
            ended_capture(folder, url)
            shutil.rmtree(folder)


def test_the_log_has_a_line_as_a_stream_starts_and_one_as_it_ends(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer())
    fetch(mitmdump.port, f"{url}?key=do-not-tell&q=tell", "Authorization: Bearer do-not-tell")
    name = re.escape(mitmdump.capture(url).path.name)
    mitmdump.wait_for(rf"complete after .*{name}")
    lines = re.findall(rf"ssetape: .*{name}", mitmdump.log)
    assert len(lines) == 2, lines
    starts, ends = lines
    assert f"recording GET {url}?key=MASKED&q=tell to " in starts
    assert re.search(rf"complete after \d+\.\d\d s, .*\b2\b.*\b22\b.*{name}", ends)
    assert "do-not-tell" not in mitmdump.log


def test_secrets_are_masked_in_the_file_and_marked(mitmdump: Mitmdump, origin: Origin) -> None:
    secret = "do-not-tell"
    url = origin.serve(answer(EVENT_STREAM, f"Set-Cookie: sid={secret}; Path=/; HttpOnly"))
    fetch(
        mitmdump.port,
        f"{url}?key=1{secret}&q=kept&access_token=2{secret}&Api-Key=3{secret}",
        f"Authorization: Bearer {secret}",
        f"Cookie: a={secret}; b={secret}",
        f"X-Api-Key: {secret}",
        f"api-key: {secret}",
        f"x-goog-api-key: {secret}",
        f"Proxy-Authorization: Basic {secret}",
        f"Referer: {origin.url}/?token={secret}&page=2",
        "X-Kept: kept",
        method="POST",
        body=b'{"kept": true}',
    )
    capture = mitmdump.capture(url)
    assert secret.encode() not in capture.path.read_bytes()
    request, response = capture.request, capture.response
    assert request.url == f"{url}?key=MASKED&q=kept&access_token=MASKED&Api-Key=MASKED"
    assert request.masked_query == ("key", "access_token", "Api-Key")
    headers = {name.lower(): value for name, value in request.headers}
    assert headers["authorization"] == "Bearer MASKED"
    assert headers["cookie"] == "a=MASKED; b=MASKED"
    assert headers["referer"] == f"{origin.url}/?token=MASKED&page=2"
    assert headers["x-kept"] == "kept"
    assert headers.get("proxy-authorization", "Basic MASKED") == "Basic MASKED"
    for name in ("x-api-key", "api-key", "x-goog-api-key"):
        assert headers[name] == "MASKED"
    expected = {"authorization", "cookie", "referer", "x-api-key", "api-key", "x-goog-api-key"}
    assert set(request.masked_headers) - {"proxy-authorization"} == expected
    assert response is not None
    assert ("Set-Cookie", "sid=MASKED; Path=/; HttpOnly") in response.headers
    assert response.masked_headers == ("set-cookie",)


@pytest.mark.parametrize("limit", ["1", "10m"])
def test_streaming_of_large_bodies_does_not_keep_it_from_recording(
    limit: str, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    with in_process(
        confdir, SsetapeRecord(), tape_dir=str(tmp_path), stream_large_bodies=limit
    ) as port:
        chunked = origin.serve(answer(chunks=TOUR))
        assert fetch(port, chunked) == TOUR
        assert [chunk.data for chunk in ended_capture(tmp_path, chunked).chunks()] == TOUR
        sized = origin.serve(send(b"".join(TOUR), f"Content-Length: {len(b''.join(TOUR))}"))
        with Client(port, sized) as client:
            client.head()
            assert client.read(len(b"".join(TOUR))) == b"".join(TOUR)
        recorded = [chunk.data for chunk in ended_capture(tmp_path, sized).chunks()]
        assert b"".join(recorded) == b"".join(TOUR)


def test_a_change_of_the_script_in_mid_stream_does_not_hurt_the_running_capture(
    clone: Path, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    reloaded, seen = threading.Event(), threading.Event()

    def before_and_after(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(BODY[0])
        assert reloaded.wait(TIMEOUT_S)
        exchange.chunk(BODY[1])
        if exchange.target.startswith("/cut"):
            seen.wait(TIMEOUT_S)
            return
        exchange.end()

    script = clone / "addon" / "record.py"
    urls = [origin.serve(before_and_after, name) for name in ("whole", "cut")]
    with Mitmdump(confdir, tmp_path, "tape_filter=~m GET", scripts=[script]) as proxy:
        clients = [Client(proxy.port, url) for url in urls]
        for client in clients:
            client.head()
            assert client.chunk() == BODY[0]
        later = script.stat().st_mtime + 10
        os.utime(script, (later, later))
        wait_until(lambda: proxy.log.count("recording streams") == 2, "the reload")
        reloaded.set()
        assert list(clients[0].chunks()) == [BODY[1]]
        assert clients[1].chunk() == BODY[1]
        seen.set()
        with pytest.raises(Cut):
            clients[1].chunk()
        for client in clients:
            client.close()
        ended = [proxy.capture(url) for url in urls]
        assert [[chunk.data for chunk in capture.chunks()] for capture in ended] == [BODY, BODY]
        assert [capture.end.reason for capture in ended if capture.end] == [
            "complete",
            "upstream_cut",
        ]
        # And what comes after is recorded as before, with the options that were set.
        again = origin.serve(answer())
        assert fetch(proxy.port, again) == BODY
        assert [chunk.data for chunk in proxy.capture(again).chunks()] == BODY
        posted = origin.serve(answer())
        fetch(proxy.port, posted, method="POST", body=b"x")
        assert not list(tmp_path.glob(f"*{posted.rpartition('/')[2]}-*"))


def test_a_hangup_that_the_terminal_told_to_ignore_does_not_stop_it(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    with Mitmdump(confdir, tmp_path, wrapper=["nohup"]) as proxy:
        port = proxy.port
        proxy.wait_for("recording streams")
        proxy.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        assert fetch(port, origin.serve(answer())) == BODY


def test_the_script_is_the_file_that_people_are_told_to_load() -> None:
    assert RECORD == REPOSITORY / "addon" / "record.py"
    assert not recording.live
