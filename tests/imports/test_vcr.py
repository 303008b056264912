import base64
import gzip
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SourceError
from ssetape.imports import vcr
from ssetape.imports._exchange import Given, Skipped
from ssetape.samples.server import SampleServer

Import = Callable[..., list[Any]]

STREAM = {"Content-Type": ["text/event-stream"]}


def interaction(body: Any, headers: Any = None) -> dict[str, Any]:
    return {
        "request": {"method": "post", "uri": "https://a.test/v1", "body": "{}", "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": headers or STREAM,
            "body": {"string": body},
        },
    }


def cassette(*interactions: Any) -> bytes:
    return yaml.safe_dump({"version": 1, "interactions": list(interactions)}).encode()


def test_a_cassette_that_vcrpy_records_is_imported(imported: Import, tmp_path: Path) -> None:
    recorder = pytest.importorskip("vcr")
    path = tmp_path / "cassette.yaml"
    with SampleServer() as server, recorder.VCR().use_cassette(str(path)):
        url = f"{server.url}/streams/tour"
        with urllib.request.urlopen(url) as response:
            body = response.read()
    data = path.read_bytes()
    assert vcr.recognises(data, path.name)
    (capture,) = imported(vcr, data)
    assert b"".join(chunk.data for chunk in capture.chunks()) == body
    assert (capture.request.method, capture.request.url) == ("GET", url)
    assert len(list(capture.events())) > 3
    assert capture.imported["times"] == "none"


@pytest.mark.parametrize(
    ("body", "expected"),
    [("data: é\n\n", "é"), (b"data: \xc3\xa9\n\n", "é")],
)
def test_bodies_are_text_or_bytes(body: Any, expected: str, imported: Import) -> None:
    (capture,) = imported(vcr, cassette(interaction(body)))
    assert capture.request.method == "POST"
    assert [event.data for event in capture.events()] == [expected]


@pytest.mark.parametrize("decoded", [True, False])
def test_a_body_is_what_its_head_says(decoded: bool, imported: Import) -> None:
    body = b"data: x\n\n" if decoded else gzip.compress(b"data: x\n\n")
    headers = {**STREAM, "Content-Encoding": ["gzip"]}
    (capture,) = imported(vcr, cassette(interaction(body, headers)))
    assert [event.data for event in capture.events()] == ["x"]
    assert capture.imported["bytes"] == ("decoded" if decoded else "exact")


def test_a_cassette_of_ruby_is_imported(imported: Import) -> None:
    item = interaction(None)
    item["response"]["body"] = {
        "encoding": "ASCII-8BIT",
        "base64_string": base64.b64encode(b"data: x\n\n").decode(),
    }
    item["response"]["http_version"] = "1.1"
    item["recorded_at"] = "Mon, 23 Nov 2026 09:30:12 GMT"
    data = json.dumps({"http_interactions": [item], "recorded_with": "VCR 6.2.0"}).encode()
    assert vcr.recognises(data, "x.json")
    (capture,) = imported(vcr, data)
    assert capture.started == "2026-11-23T09:30:12.000000Z"
    assert capture.response.http_version == "HTTP/1.1"
    assert [event.data for event in capture.events()] == ["x"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a: [",
        b"other: 1",
        b"- 1",
        b"{" * 10_000,
        b"interactions: 5",
        b"\0",
        b"a: !!python/x y",
    ],
)
def test_what_is_no_cassette_is_said(data: bytes) -> None:
    with pytest.raises(SourceError):
        list(vcr.read(data, "x", Given()))


def test_one_bad_interaction_is_told_and_the_others_go_on() -> None:
    bad = interaction("x")
    bad["response"]["status"] = None
    first, second = vcr.read(cassette(bad, interaction("data: x\n\n")), "x", Given())
    assert isinstance(first, Skipped)
    assert "interactions[0].response.status: expected an object, found None" in first.why
    assert not isinstance(second, Skipped)


@given(steps=st.lists(st.integers(0, 9), max_size=6), junk=st.sampled_from([None, 5, "x", [], {}]))
def test_whatever_stands_in_its_place_nothing_else_goes_wrong(
    steps: list[int], junk: Any, hostile: Callable[..., None]
) -> None:
    document: Any = {"interactions": [interaction("data: x\n\n")]}
    node, parent, key = document, None, None
    for step in steps:
        if isinstance(node, dict) and node:
            parent, key = node, sorted(node)[step % len(node)]
        elif isinstance(node, list) and node:
            parent, key = node, step % len(node)
        else:
            break
        node = parent[key]
    if parent is not None:
        parent[key] = junk
    hostile(vcr, yaml.safe_dump(document).encode())


@given(data=st.binary(max_size=60))
def test_any_bytes_are_a_cassette_or_an_error(data: bytes, hostile: Callable[..., None]) -> None:
    hostile(vcr, b"interactions:\n" + data)


def read_one(data: bytes, imported: Import) -> Any:
    assert vcr.recognises(data, "x")
    (capture,) = imported(vcr, data)
    return capture


def test_rubys_binary_is_bytes_wherever_it_stands(imported: Import) -> None:
    data = b"""---
http_interactions:
- request:
    method: get
    uri: !binary |-
      aHR0cHM6Ly9hLnRlc3QveA==
    body: {encoding: US-ASCII, string: ''}
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers:
      ? !binary |-
        Q29udGVudC1UeXBl
      : - text/event-stream
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        ZGF0YTogY2Fmw6kKCg==
    http_version: 1.1
  recorded_at: Mon, 23 Nov 2026 09:30:12 GMT
recorded_with: VCR 6.2.0
"""
    capture = read_one(data, imported)
    assert capture.request.url == "https://a.test/x"
    assert capture.response.headers == [("Content-Type", "text/event-stream")]
    assert capture.response.http_version == "HTTP/1.1"
    assert [event.data for event in capture.events()] == ["caf\xe9"]


def test_text_is_encoded_as_ruby_had_it(imported: Import) -> None:
    body = {"encoding": "ISO-8859-1", "string": "data: caf\xe9\n\n"}
    item = interaction("")
    item["response"]["body"] = body
    (capture,) = imported(vcr, cassette(item))
    assert b"".join(chunk.data for chunk in capture.chunks()) == b"data: caf\xe9\n\n"


def test_a_bare_list_of_rubys_first_version_is_a_cassette(imported: Import) -> None:
    data = b"""---
- !ruby/struct:VCR::HTTPInteraction
  request: !ruby/struct:VCR::Request
    method: :get
    uri: http://a.test:80/x
    body:
    headers:
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus
      code: 200
      message: OK
    headers:
      content-type: [text/event-stream]
    body: "data: hi\\n\\n"
    http_version: "1.1"
"""
    capture = read_one(data, imported)
    assert (capture.request.method, capture.request.url) == ("GET", "http://a.test:80/x")
    assert [event.data for event in capture.events()] == ["hi"]


def test_vcrpys_first_version_has_requests_in_parts(imported: Import) -> None:
    data = b"""- request: !!python/object:vcr.request.Request
    body: null
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [Accept, '*/*']
      - !!python/tuple [User-Agent, x]
    host: a.test
    method: GET
    path: /x?y=1
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode "data: hi\\n\\n"}
    headers: ["content-type: text/event-stream\\r\\n"]
    status: {code: 200, message: OK}
"""
    capture = read_one(data, imported)
    assert capture.request.url == "https://a.test/x?y=1"
    assert capture.request.headers == [("Accept", "*/*"), ("User-Agent", "x")]
    assert [event.data for event in capture.events()] == ["hi"]


def test_a_placeholder_for_the_server_is_a_host_of_its_own(imported: Import) -> None:
    item = interaction("data: hi\n\n")
    item["request"]["uri"] = "<API_BASE>/v1/chat"
    (capture,) = imported(vcr, cassette(item))
    assert capture.request.url == "http://api-base.invalid/v1/chat"
    assert "<API_BASE>" in capture.imported["notes"][0]


def test_a_body_that_a_serialiser_parsed_is_json_again(imported: Import) -> None:
    item = interaction("data: hi\n\n")
    del item["request"]["body"]
    item["request"]["parsed_body"] = {"stream": True}
    (capture,) = imported(vcr, cassette(item))
    assert json.loads(capture.request.body) == {"stream": True}


@pytest.mark.parametrize("body", [[["x"]], {"string": {"string": "x"}}, [{"string": "x"}]])
def test_a_body_within_a_body_is_told(body: Any) -> None:
    item = interaction("")
    item["response"]["body"] = body
    (found,) = vcr.read(cassette(item), "x", Given())
    assert isinstance(found, Skipped)


def test_a_body_may_be_in_parts(imported: Import) -> None:
    item = interaction(["data: x", b"\n\n"])
    (capture,) = imported(vcr, cassette(item))
    assert [event.data for event in capture.events()] == ["x"]


HTTPX = """\
interactions:
- request:
    body: ''
    headers: {}
    method: GET
    uri: https://a.test/v1
  response:
    content: "data: hi\\n\\n"
    headers: {content-type: [text/event-stream]}
    http_version: HTTP/1.1
    status_code: 200
version: 1
"""
GO_1 = """\
version: 1
interactions:
- request: {body: "", form: {}, headers: {}, url: https://a.test/v1, method: GET}
  response:
    body: "data: hi\\n\\n"
    headers: {Content-Type: [text/event-stream]}
    status: 200 OK
    code: 200
    duration: ""
"""
GO_2 = """\
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        host: a.test
        body: ""
        form: {}
        headers: {}
        url: https://a.test/v1
        method: GET
      response:
        proto: HTTP/2.0
        uncompressed: true
        body: "data: hi\\n\\n"
        headers: {Content-Type: [text/event-stream]}
        status: 200 OK
        code: 200
        duration: 123.456ms
"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [(HTTPX, ""), (HTTPX.replace("_code: 200", "_code: '200'"), ""), (GO_1, "OK"), (GO_2, "OK")],
    ids=["vcrpy for httpx", "its status in quotes", "go-vcr 1", "go-vcr 2"],
)
def test_other_writers_of_cassettes_are_read(data: str, reason: str, imported: Import) -> None:
    (capture,) = imported(vcr, data.encode())
    assert capture.request.url == "https://a.test/v1"
    assert (capture.response.status, capture.response.reason) == (200, reason)
    assert [event.data for event in capture.events()] == ["hi"]
