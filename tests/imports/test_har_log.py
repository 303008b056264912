import json

import pytest

from ssetape.errors import SourceError
from ssetape.imports._har_log import entries, is_archive

YAML = b"log:\n  _recordingName: x\n  entries:\n    - startedDateTime: 2026-11-23T09:30:12.000Z\n"
TRACE = (
    b'{"type":"context-options","version":8}\n'
    b'{"type":"resource-snapshot","snapshot":{"a":1}}\n'
    b'{"type":"resource-snapshot","snapshot":{"a":2}}\n{"type":"resource-sn'
)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'{"log": {', "x"),
        (b'\xef\xbb\xbf\n{ "log" : {', "x"),
        (b'{"comment": "", "log": {"entries": [', "x"),
        (b'{"entries": [', "x.har"),
        (YAML, "x"),
        (b"x", "recording.har.yaml"),
        (TRACE, "trace.network"),
    ],
)
def test_an_archive_is_known(data: bytes, name: str) -> None:
    assert is_archive(data, name)


@pytest.mark.parametrize(
    "data",
    [b"", b'{"log": "x"}\n', b'{"a": {"log": {}}}', b"log: x\n", b"log:\n  - x\n", b"data: log:\n"],
)
def test_other_things_are_not(data: bytes) -> None:
    assert not is_archive(data, "x")


def test_entries_are_found_in_each_kind_of_file() -> None:
    whole = {"log": {"entries": [1]}}
    assert entries(json.dumps(whole).encode()) == ([1], "log.entries")
    assert entries(b"\xef\xbb\xbf" + json.dumps(whole).encode()) == ([1], "log.entries")
    assert entries(json.dumps(whole["log"]).encode()) == ([1], "entries")
    assert entries(YAML) == ([{"startedDateTime": "2026-11-23T09:30:12.000Z"}], "log.entries")
    assert entries(TRACE) == ([{"a": 1}, {"a": 2}], "line")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"log": 5}', b"log: ["])
def test_what_has_none_is_said(data: bytes) -> None:
    with pytest.raises(SourceError):
        entries(data)
