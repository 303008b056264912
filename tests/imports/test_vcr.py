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
