import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.capture import Capture
from ssetape.errors import DecodingError
from ssetape.format.writer import CaptureWriter
from ssetape.masking.scan import FoundSecret, scan

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
KEY = b"sk-ant-api03-0123456789abcdefXYZ"
JWT = "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJlMTIz"

Write = Callable[..., Capture]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(
        *chunks: bytes,
        url: str = "http://x.test/",
        headers: tuple[tuple[str, str], ...] = (),
        response_headers: tuple[tuple[str, str], ...] = (),
        body: str | None = None,
        trailers: tuple[tuple[str, str], ...] = (),
    ) -> Capture:
        request = {
            "method": "POST",
            "url": url,
            "http_version": "HTTP/1.1",
            "headers": [list(pair) for pair in headers],
            "body": None if body is None else {"text": body},
        }
        header = {"id": "1", "kind": "http", "started": "2026-11-23T09:30:12.123456Z"}
        writer = CaptureWriter.create(tmp_path, "x", {**header, "request": request})
        pairs = [list(pair) for pair in response_headers]
        head = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "headers": pairs}
        writer.head(0.5, head)
        for number, chunk in enumerate(chunks, 1):
            writer.chunk(float(number), chunk)
        if trailers:
            writer.trailers(8.0, [tuple(pair) for pair in trailers])
        writer.end(9.0, "complete")
        return ssetape.open(writer.path)

    return write


def places(capture: Capture) -> list[tuple[str, str]]:
    return [(finding.place, finding.pattern) for finding in scan(capture)]


def test_a_capture_without_secrets_has_no_findings(write: Write) -> None:
    assert list(scan(write(b"data: skill sk-based Bearer of news\n\n"))) == []


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ssetape")), ids=lambda path: path.name)
def test_what_the_recorder_masked_is_no_finding(path: Path) -> None:
    assert list(scan(ssetape.open(path))) == []


def test_secrets_are_found_wherever_they_are(write: Write) -> None:
    capture = write(
        b"data: " + KEY + b"\n\n",
        url="https://x.test/v1?key=abc123",
        headers=(("Authorization", "Bearer abcdefgh12345"), ("X-Note", f"see {JWT}")),
        response_headers=(("Set-Cookie", "sid=1234567"),),
        body='{"api_key": "hush"}',
        trailers=(("X-Trace", KEY.decode()),),
    )
    assert places(capture) == [
        ("URL", "credential-parameter"),
        ("request header authorization", "credential-header"),
        ("request header x-note", "jwt"),
        ("request body", "json-field"),
        ("response header set-cookie", "credential-header"),
        ("body", "anthropic-key"),
        ("trailer x-trace", "anthropic-key"),
    ]


def test_secrets_are_found_behind_a_coding_that_a_browser_undid(
    capture_file: Callable[..., Path],
) -> None:
    coding = [("content-encoding", "br"), ("x-odd", KEY.decode())]
    path = capture_file([(0.5, b"data: " + KEY[:9]), (0.6, KEY[9:] + b"\n\n")], decoded=coding)
    assert places(ssetape.open(path)) == [
        ("response header x-odd", "credential-header"),
        ("body", "anthropic-key"),
    ]


def test_no_finding_shows_its_secret(write: Write) -> None:
    (finding,) = scan(write(b"data: " + KEY + b"\n\n"))
    assert finding == FoundSecret("body", 1.0, "anthropic-key", "sk-ant-a… (32 bytes)")
    (finding,) = scan(write(body='{"password": "hush"}'))
    assert finding.hint == "h… (4 bytes)"


@given(cuts=st.lists(st.integers(0, len(KEY) + 8), max_size=5))
def test_a_secret_is_found_however_it_is_cut(
    cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    body = b"data: " + KEY + b"\n\n"
    ends = [*sorted(cuts), len(body)]
    writer = CaptureWriter.create(
        tmp_path_factory.getbasetemp(),
        "cut",
        {"request": {"method": "GET", "url": "http://x.test/", "headers": [], "body": None}},
    )
    chunks = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    begin_t_s = 0.0
    start = 0
    for number, chunk in enumerate(chunks):
        writer.chunk(float(number), chunk)
        if start <= 6:
            begin_t_s = float(number)
        start += len(chunk)
    writer.end(9.0, "complete")
    (finding,) = scan(ssetape.open(writer.path))
    assert (finding.pattern, finding.t_s) == ("anthropic-key", begin_t_s)


def test_what_is_content_encoded_is_looked_into(write: Write) -> None:
    encoded = gzip.compress(b"data: " + KEY + b"\n\n")
    capture = write(encoded[:9], encoded[9:], response_headers=(("Content-Encoding", "gzip"),))
    assert places(capture) == [("body", "anthropic-key")]
    capture = write(b"not gzip", response_headers=(("Content-Encoding", "gzip"),))
    with pytest.raises(DecodingError):
        list(scan(capture))
