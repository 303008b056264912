import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.imports import curl
from ssetape.imports._curl_verbose import is_verbose, read_verbose
from ssetape.imports._exchange import Given, Imported
from ssetape.samples.server import SampleServer

OUTPUT = b"""*   Trying 127.0.0.1:443...
* Connected to a.test (127.0.0.1) port 443 (#0)
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
> POST /v1/chat HTTP/2
> Host: a.test
> Content-Length: 2
>\x20
} [2 bytes data]
< HTTP/2 103\x20
< link: </a>
<\x20
< HTTP/2 200\x20
< content-type: text/event-stream
<\x20
{ [20 bytes data]
data: one

* a remark
data: two

* Connection #0 to host a.test left intact
"""


def only(data: bytes, given: Given | None = None) -> Imported:
    (found,) = read_verbose(data, given or Given())
    assert isinstance(found, Imported)
    return found


@pytest.mark.parametrize("prefix", [b"", b"09:30:12.123456 ", b"09:30:12.123456 [0-0] "])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_heads_and_the_body_are_told_apart(prefix: bytes, end: bytes) -> None:
    lines = [
        (prefix if line[:1] in (b"*", b">", b"<", b"{", b"}") else b"") + line
        for line in OUTPUT.split(b"\n")
    ]
    data = end.join(lines)
    assert is_verbose(data)
    assert curl.recognises(data, "x")
    found = only(data)
    assert (found.request.method, found.request.url) == ("POST", "https://a.test/v1/chat")
    assert found.response.status == 200
    assert found.response.headers == [("content-type", "text/event-stream")]
    assert b"".join(chunk.data for chunk in found.chunks) == b"data: one\n\ndata: two\n\n".replace(
        b"\n", end
    )
    assert "--request-body" in found.notes[0]


def test_a_remark_behind_an_unfinished_line_is_no_body() -> None:
    data = OUTPUT.replace(b"two\n\n*", b"two*")
    assert b"".join(chunk.data for chunk in only(data).chunks) == b"data: one\n\ndata: two"


def test_progress_and_notes_of_reads_are_no_body() -> None:
    head, _, body = OUTPUT.partition(b"{ [20 bytes data]\n")
    meter = b"\r  0     0    0     0    0     0      0      0 --:--:--  0:00:01 --:--:--     0"
    noted = body.replace(b"data: one\n", b"d[22 bytes data]\nata: one\n")
    noted = noted.replace(b"* Connection", meter + b"\n* Connection")
    found = only(
        b"  % Total    % Received\n" + head.replace(b"< content", meter + b"< content") + noted
    )
    assert b"".join(chunk.data for chunk in found.chunks) == b"data: one\n\ndata: two\n\n"
    assert found.response.headers == [("content-type", "text/event-stream")]


METER = b"\r100   171    0   171    0     0     89      0 --:--:--  0:00:01 --:--:--    89"


# Before the empty line at the body's end, it would look like the end of the progress.
PLACES = set(range(OUTPUT.count(b"\n") + 1)) - {OUTPUT.splitlines().index(b"data: two") + 1}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_progress_may_come_before_any_line(place: int) -> None:
    lines = OUTPUT.replace(b"data: one", b"12345: one").splitlines(keepends=True)
    data = b"".join([*lines[:place], METER * 2, *lines[place:]])
    assert is_verbose(data)
    found = only(data)
    assert (found.request.method, found.request.url) == ("POST", "https://a.test/v1/chat")
    assert (found.response.status, found.response.headers) == (
        200,
        [("content-type", "text/event-stream")],
    )
    assert b"".join(chunk.data for chunk in found.chunks) == b"12345: one\n\ndata: two\n\n"


def test_without_a_body_it_says_where_that_went() -> None:
    found = only(OUTPUT.replace(b"data: one\n\n", b"").replace(b"data: two\n\n", b""))
    assert "2>&1" in found.missing


def test_each_request_of_a_redirect_is_an_exchange() -> None:
    first = OUTPUT.partition(b"{ [")[0].replace(b"HTTP/2 200", b"HTTP/2 302")
    found = list(read_verbose(first + OUTPUT, Given()))
    assert [item.response.status for item in found if isinstance(item, Imported)] == [302, 200]


def test_what_is_given_counts() -> None:
    found = only(OUTPUT, Given("http://b.test/", "PUT", "a/b", b"x"))
    request = found.request
    assert (request.method, request.url, request.body) == ("PUT", "http://b.test/", b"x")
    assert found.response.headers == [("content-type", "a/b")]


@given(at=st.integers(0, 600), junk=st.binary(min_size=1, max_size=6))
def test_whatever_is_in_it_nothing_else_goes_wrong(
    at: int, junk: bytes, hostile: Callable[..., None]
) -> None:
    at %= len(OUTPUT)
    hostile(curl, OUTPUT[:at] + junk + OUTPUT[at + len(junk) :])


@pytest.mark.programs
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_output_of_a_real_curl_is_imported(
    tmp_path: Path, imported: Callable[..., list[Any]]
) -> None:
    with SampleServer() as server:
        command = ["curl", "-vN", "-o", "-", f"{server.url}/streams/tour"]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
        )
    (capture,) = imported(curl, done.stdout)
    assert capture.request.url == f"{server.url}/streams/tour"
    assert len(list(capture.events())) > 3
