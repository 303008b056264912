import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SourceError
from ssetape.imports import har
from ssetape.imports._exchange import Given, Skipped

Import = Callable[..., list[Any]]

BODY = "retry: 500\n: hi\n\nid: 1\ndata: one\n\nevent: note\ndata: two\ndata: lines\n\n"
EVENTS = [
    {"time": 1795599012.9, "eventName": "message", "eventId": "1", "data": "one"},
    {"time": 1795599013.4, "eventName": "note", "eventId": "1", "data": "two\nlines"},
]


def entry(**fields: Any) -> dict[str, Any]:
    """An entry as Chrome exports it: sent at 1795599012.25, head 100 ms later."""
    return {
        "startedDateTime": "2026-11-25T09:30:12.000Z",
        "time": 2000,
        "_resourceType": "fetch",
        "request": {
            "method": "POST",
            "url": "https://api.test/v1/chat?key=abc",
            "httpVersion": "h2",
            "headers": [
                {"name": ":authority", "value": "api.test"},
                {"name": "authorization", "value": "Bearer secret"},
            ],
            "postData": {"mimeType": "application/json", "text": '{"stream": true}'},
        },
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "h2",
            "headers": [
                {"name": "content-type", "value": "text/event-stream"},
                {"name": "content-encoding", "value": "gzip"},
                {"name": "content-length", "value": "7"},
                {"name": "set-cookie", "value": "a=1\nb=2"},
            ],
            "content": {"size": len(BODY), "mimeType": "text/event-stream", "text": BODY},
        },
        "timings": {
            "blocked": 50,
            "dns": -1,
            "connect": 150,
            "ssl": 100,
            "send": 50,
            "wait": 100,
            "receive": 1500,
        },
        **fields,
    }


def archive(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def test_it_is_recognised_by_its_content() -> None:
    assert har.recognises(archive(entry())[:100], "x")
    assert har.recognises(b'\xef\xbb\xbf{"log": {', "x")
    assert har.recognises(b'{"other": 1, "log": {', "page.HAR")
    assert not har.recognises(b'{"interactions": []}', "x")


def test_an_exchange_is_what_the_entry_says(imported: Import) -> None:
    (capture,) = imported(har, archive(entry()))
    request, response = capture.request, capture.response
    assert (request.method, request.url) == ("POST", "https://api.test/v1/chat?key=abc")
    assert (request.http_version, response.http_version) == ("HTTP/2.0", "HTTP/2.0")
    assert request.headers == [("authorization", "Bearer secret")]
    assert request.body == b'{"stream": true}'
    assert capture.started == "2026-11-25T09:30:12.250000Z"
    assert response.t_s == pytest.approx(0.1)
    # What is not true of a decoded body is not said of it.
    assert response.headers == [
        ("content-type", "text/event-stream"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]
    (chunk,) = capture.chunks()
    assert (chunk.t_s, chunk.data) == (pytest.approx(1.6), BODY.encode())
    assert capture.end.is_complete
    assert capture.imported["times"] == "ends"
    assert capture.imported["bytes"] == "decoded"


def test_with_mask_no_credential_is_in_the_file(imported: Import) -> None:
    (capture,) = imported(har, archive(entry()), mask=True)
    assert capture.request.url.endswith("key=MASKED")
    assert capture.request.masked_query == ("key",)
    assert b"secret" not in capture.path.read_bytes()


def test_a_body_whose_events_are_listed_is_cut_where_they_end(imported: Import) -> None:
    (capture,) = imported(har, archive(entry(_eventSourceMessages=EVENTS)))
    first, second = capture.chunks()
    assert first.data + second.data == BODY.encode()
    assert first.data.endswith(b"data: one\n\n")
    found = [(e.event, e.data, e.id) for e in capture.events()]
    assert found == [("message", "one", "1"), ("note", "two\nlines", "1")]
    assert [first.t_s, second.t_s] == [pytest.approx(0.65, abs=1e-5), pytest.approx(1.15, abs=1e-5)]
    assert capture.imported["times"] == "chunks"


def test_events_without_a_body_are_put_together_again(imported: Import) -> None:
    without = entry(_eventSourceMessages=EVENTS)
    del without["response"]["content"]["text"]
    (capture,) = imported(har, archive(without))
    found = [(e.event, e.data, e.id) for e in capture.events()]
    assert found == [("message", "one", "1"), ("note", "two\nlines", "1")]
    assert capture.imported["bytes"] == "rebuilt"
    assert capture.imported["times"] == "chunks"


def test_events_that_are_not_those_of_the_body_are_not_forced_upon_it(imported: Import) -> None:
    (capture,) = imported(har, archive(entry(_eventSourceMessages=EVENTS[:1])))
    assert len(list(capture.chunks())) == 1
    assert capture.imported["times"] == "ends"
    assert "differ from those in the body" in capture.imported["notes"][0]


def test_text_that_the_browser_misread_is_mended_and_that_is_said(imported: Import) -> None:
    misread = entry()
    misread["response"]["content"]["text"] = "data: Ã©\n\n"
    (capture,) = imported(har, archive(misread))
    assert [event.data for event in capture.events()] == ["é"]
    assert "windows-1252" in capture.imported["notes"][0]
    labelled = copy.deepcopy(misread)
    labelled["response"]["headers"][0]["value"] += "; charset=utf-8"
    (capture,) = imported(har, archive(labelled))
    assert [event.data for event in capture.events()] == ["Ã©"]


def test_messages_without_times_have_none(imported: Import) -> None:
    timeless = [{key: event[key] for key in event if key != "time"} for event in EVENTS]
    without = entry(_eventSourceMessages=timeless)
    del without["response"]["content"]["text"]
    (capture,) = imported(har, archive(without))
    assert capture.imported["times"] == "ends"
    assert {chunk.t_s for chunk in capture.chunks()} == {1.6}


def test_a_websocket_has_its_messages(imported: Import) -> None:
    messages = [
        {"type": "send", "time": 1795599012.5, "opcode": 1, "data": "hé"},
        {"type": "receive", "time": 1795599012.75, "opcode": 2, "data": "AP8="},
        {"type": "receive", "time": 1795599012.8, "opcode": 9, "data": "ping"},
    ]
    fields = entry(_webSocketMessages=messages, _resourceType="websocket")
    fields["request"]["url"] = "wss://api.test/socket"
    fields["response"]["status"] = 101
    (capture,) = imported(har, archive(fields))
    assert capture.kind == "websocket"
    sent, received = capture.messages()
    assert (sent.from_client, sent.text) == (True, "hé")
    assert (received.from_client, received.is_text, received.data) == (False, False, b"\0\xff")
    assert received.t_s == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("net::ERR_ABORTED", "client_closed"),
        ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", "upstream_cut"),
        ("net::ERR_SOMETHING", "unknown"),
    ],
)
def test_what_failed_says_how(failure: str, reason: str, imported: Import) -> None:
    failed = entry()
    failed["response"]["_error"] = failure
    (capture,) = imported(har, archive(failed))
    assert (capture.end.reason, capture.end.error) == (reason, failure)


def test_one_bad_entry_is_told_and_the_others_go_on() -> None:
    bad = entry(timings=5)
    unanswered = entry()
    unanswered["response"] = {"status": 0, "_error": "net::ERR_NAME_NOT_RESOLVED"}
    first, second, third = har.read(archive(bad, unanswered, entry()), "x", Given())
    assert isinstance(first, Skipped)
    assert first.place == "log.entries[0]"
    assert "timings: expected an object, found 5" in first.why
    assert isinstance(second, Skipped)
    assert "ERR_NAME_NOT_RESOLVED" in second.why
    assert not isinstance(third, Skipped)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"log": 1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_archive_is_said(data: bytes) -> None:
    with pytest.raises(SourceError):
        list(har.read(data, "x", Given()))


JUNK = st.sampled_from(
    [None, 5, -1, 1e308, float("nan"), "x", "\ud800", "a\r\nb: c", [], {}, [1], {"a": []}, True, ""]
)


@given(steps=st.lists(st.integers(0, 30), max_size=7), junk=JUNK, body=st.booleans())
def test_whatever_stands_in_its_place_nothing_else_goes_wrong(
    steps: list[int], junk: Any, body: bool, hostile: Callable[..., None]
) -> None:
    sockets = [{"type": "send", "time": 1795599012.5, "opcode": 1, "data": "x"}]
    document: Any = {
        "log": {
            "entries": [
                entry(_eventSourceMessages=copy.deepcopy(EVENTS)),
                entry(_webSocketMessages=sockets),
            ]
        }
    }
    if not body:
        del document["log"]["entries"][0]["response"]["content"]["text"]
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
    hostile(har, json.dumps(document).encode())


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_that_has_no_body_loses_that_of_the_cache(status: int, imported: Import) -> None:
    cached = entry()
    cached["response"]["status"] = status
    (capture,) = imported(har, archive(cached))
    assert list(capture.chunks()) == []
    assert "the body is left out" in capture.imported["notes"][0]


def test_a_stream_without_a_body_says_what_is_missing() -> None:
    bare = entry()
    del bare["response"]["content"]["text"]
    (found,) = har.read(archive(bare), "x", Given())
    assert not isinstance(found, Skipped)
    assert found.missing == "the archive has no body for this response"


def test_a_date_that_is_none_is_told_and_the_entry_is_imported(imported: Import) -> None:
    (capture,) = imported(har, archive(entry(startedDateTime="0001-01-01T00:00:00.0000000Z")))
    assert capture.imported["started"] == "file"
    assert "expected a date" in capture.imported["notes"][0]


def test_times_that_are_not_known_are_none(imported: Import) -> None:
    unknown = {"send": -1, "wait": -1, "receive": -1}
    (capture,) = imported(har, archive(entry(timings=unknown, time=-1)))
    assert capture.imported["times"] == "none"
    (capture,) = imported(har, archive(entry(timings={}, time=1500)))
    assert capture.imported["times"] == "ends"
    assert [chunk.t_s for chunk in capture.chunks()] == [1.5]


def test_what_playwright_calls_a_failure_is_an_end(imported: Import) -> None:
    failed = entry()
    failed["response"]["_failureText"] = "net::ERR_ABORTED"
    (capture,) = imported(har, archive(failed))
    assert capture.end.reason == "client_closed"


def test_a_form_is_the_body_of_its_request(imported: Import) -> None:
    form = entry()
    form["request"]["postData"] = {"params": [{"name": "q", "value": "a b"}]}
    (capture,) = imported(har, archive(form))
    assert capture.request.body == b"q=a+b"
    assert "rebuilt" in capture.imported["notes"][0]


def test_headers_may_be_an_object_and_a_url_a_placeholder(imported: Import) -> None:
    odd = entry()
    odd["request"]["url"] = "{{ _.base_url }}/v1"
    odd["request"]["headers"] = {"accept": "*/*", "x": ["1", 2]}
    (capture,) = imported(har, archive(odd))
    assert capture.request.url == "http://base-url.invalid/v1"
    assert capture.request.headers == [("accept", "*/*"), ("x", "1"), ("x", "2")]


def test_what_never_was_on_the_network_is_left_out() -> None:
    local = entry()
    local["request"]["url"] = "data:text/css,a{}"
    assert len(list(har.read(archive(local, entry()), "x", Given()))) == 1


@pytest.mark.parametrize("listed", [[], None, [{"name": "x-a", "value": "1"}]])
def test_the_content_has_a_type_where_the_headers_have_none(listed: Any, imported: Import) -> None:
    changed = entry()
    changed["response"]["headers"] = listed
    (capture,) = imported(har, archive(changed))
    assert ("content-type", "text/event-stream") in capture.response.headers
    assert len(list(capture.events())) == 2
    assert any("mimeType" in note for note in capture.imported["notes"])


def test_a_type_that_says_nothing_is_no_header(imported: Import) -> None:
    changed = entry()
    changed["response"] |= {"headers": [], "content": {"mimeType": "x-unknown", "text": "hi"}}
    (capture,) = imported(har, archive(changed))
    assert capture.response.headers == []


@pytest.mark.parametrize("listed", [{}, {"_webSocketMessages": []}, {"_webSocketMessages": None}])
def test_a_websocket_without_messages_says_what_is_missing(listed: dict[str, Any]) -> None:
    changed = entry(**listed)
    changed["response"] |= {"status": 101}
    (found,) = har.read(archive(changed), "x.har", Given())
    assert not isinstance(found, Skipped)
    assert "no messages" in found.missing
