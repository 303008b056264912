import json

import pytest

from ssetape.errors import SourceError
from ssetape.imports._exchange import Given
from ssetape.imports._guess import guess, names


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (b'{"log": {"entries": []}}', "x", "har"),
        (b"log:\n  _recordingName: x\n  entries: []\n", "x", "har"),
        (b"5040:8:response,1815:11:httpversion", "x", "mitm"),
        (b"2134:5:error,0:~8:response,", "x", "mitm"),
        (b"httprr trace v1\n", "x", "httprr"),
        (b"data: x\n\n", "x", "sse"),
        (b"HTTP/1.1 200 OK\r\n", "x", "sse"),
        (b'{"a": 1}\n{"a": 2}\n', "x", "sse"),
        (b'{"log": "line"}\n{"log": "line"}\n', "x", "sse"),
        (b'0:"Hi"\n', "x", "sse"),
        (b'{"error": {}}', "answer.sse", "sse"),
        (b"interactions:\n- request:\n", "x", "vcr"),
        (b'{"recorded_with": "VCR", "http_interactions": []}', "x", "vcr"),
        (b"== Info: Trying\n", "x", "curl"),
    ],
)
def test_a_file_is_known_by_its_beginning(data: bytes, name: str, form: str) -> None:
    assert guess(data, name, Given()) == form


def test_a_content_type_makes_it_a_body() -> None:
    given = Given(content_type="application/x-ndjson")
    for data in (b"anything", b'{"log": {"entries": []}}\n', b"interactions:\n"):
        assert guess(data, "x", given) == "sse"
    assert guess(b'{"log": {}}', "x.har", given) == "har"
    assert guess(b"== Info: Trying\n", "x", given) == "curl"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", "nothing: it is empty"),
        (b"hello world", "the text 'hello world'"),
        (json.dumps({"b": 1, "a": 2}).encode(), "a JSON object with 'b', 'a'"),
        (b"\x89PNG\r\n", "binary data (89 50 4e 47 0d 0a)"),
    ],
)
def test_what_is_unknown_is_described_with_every_candidate(data: bytes, shown: str) -> None:
    with pytest.raises(SourceError) as caught:
        guess(data, "x", Given())
    assert shown in str(caught.value)
    for name in names():
        assert f"{name} expects " in str(caught.value)
