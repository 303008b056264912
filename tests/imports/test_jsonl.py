import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kinds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_data import FOLDER, cases

import ssetape
from ssetape.capture import Capture
from ssetape.editing.lines import lines_of
from ssetape.exports import jsonl as exported
from ssetape.format.codings import codings
from ssetape.imports import jsonl
from ssetape.imports._exchange import Given, Imported, Like, Skipped
from ssetape.messages.message import StreamMessage
from ssetape.tables.rows import Exchange

Import = Callable[..., list[Capture]]
Write = Callable[..., Path]

TOTALS = ("chunks", "bytes")


def export(capture: Capture) -> bytes:
    out = io.BytesIO()
    exported.write([capture], out)
    return out.getvalue()


def like(capture: Capture) -> Given:
    rows = Exchange(capture).event_rows(with_said=False)
    chunks = [] if capture.is_websocket else list(capture.chunks())
    lines = [json.loads(json.dumps(line)) for line in lines_of(capture, rows)]
    return Given(like=Like(lines, capture.response, chunks))


def records(capture: Capture) -> list[Any]:
    """All that a file has, without the totals, which some leave out."""
    found = [list(record) for record in capture.records()]
    for record in found:
        if record[1] == "end":
            record[2] = {k: v for k, v in record[2].items() if k not in TOTALS}
    return found


def said(capture: Capture) -> list[Any]:
    return [
        (item.name, item.data, item.event_id, item.retry_ms, item.t_s, item.t_first_s)
        if isinstance(item, StreamMessage)
        else item
        for item in capture.items()
    ]


def check_same(before: Capture, after: Capture) -> None:
    assert records(after) == records(before)
    assert after.request == before.request
    assert (after.kind, after.started, after.edited) == (before.kind, before.started, {})
    assert after.imported["times"] == "chunks"
    assert after.imported["bytes"] == "exact"


# --- there and back ---------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(content=st.one_of(kinds.bodies(), kinds.masked(), kinds.sockets(), kinds.headless()))
def test_what_is_exported_and_imported_is_as_it_was(
    content: bytes, capture_file: Write, imported: Import
) -> None:
    before = ssetape.open(capture_file(content))
    (after,) = imported(jsonl, export(before))
    check_same(before, after)


@given(content=kinds.encoded())
def test_an_encoded_body_comes_back_decoded_or_from_its_capture_as_sent(
    content: bytes, capture_file: Write, imported: Import
) -> None:
    before = ssetape.open(capture_file(content))
    (after,) = imported(jsonl, export(before))
    assert said(after) == said(before)
    assert after.edited == {}
    assert (after.imported["times"], after.imported["bytes"]) == ("chunks", "decoded")
    assert after.response is not None
    assert codings(after.response.headers) == []
    assert after.response.decoded_headers == list(kinds.GZIP)
    assert not any(name == "content-length" for name, _ in after.response.headers)
    (again,) = imported(jsonl, export(before), like(before))
    check_same(before, again)


@given(content=kinds.captures())
def test_lines_without_all_that_a_capture_has_get_it_from_there(
    content: bytes, capture_file: Write, imported: Import
) -> None:
    before = ssetape.open(capture_file(content))
    kept = ("capture", "seq", "kind", "data", "base64")
    lines = [json.loads(line) for line in export(before).splitlines()]
    bare = [{name: line[name] for name in kept} for line in lines if line["seq"] is not None]
    others = [line for line in lines if line["kind"] in ("comment", "bytes")]
    if others or not bare:
        return  # a line that is missing was taken out
    (after,) = imported(jsonl, b"\n".join(json.dumps(line).encode() for line in bare), like(before))
    check_same(before, after)


@pytest.mark.parametrize("case", cases("real/INDEX.json", "file"))
@pytest.mark.parametrize("size", [7, 400])
def test_a_real_stream_comes_back_as_it_was(
    case: dict[str, Any], size: int, capture_file: Write, imported: Import
) -> None:
    body = (FOLDER / "real" / case["file"]).read_bytes()
    chunks = [(n / 1e3, body[at : at + size]) for n, at in enumerate(range(0, len(body), size), 1)]
    headers = [("content-type", case.get("content_type") or "text/event-stream")]
    before = ssetape.open(capture_file(chunks, headers=headers))
    (after,) = imported(jsonl, export(before))
    check_same(before, after)
    assert said(after) == said(before)


@given(content=kinds.captures())
def test_an_import_exports_the_same_lines(
    content: bytes, capture_file: Write, imported: Import
) -> None:
    before = ssetape.open(capture_file(content))
    (after,) = imported(jsonl, export(before))
    lines, others = (
        [json.loads(line) for line in export(capture).splitlines()] for capture in (before, after)
    )
    for line in [*lines, *others]:
        line.pop("capture")
        line.pop("exchange", None)
    assert others == lines


# --- edited -----------------------------------------------------------------------------------

CHUNKS = [
    (0.5, b": keep-alive\n\n"),
    (1.0, b"id: 7\nevent: note\ndata: one\n\n"),
    (1.5, b"data: two\n\ndata: th"),
    (2.0, b"ree\n\n"),
    (2.5, b"data: [DONE]\n\n"),
]


@pytest.fixture
def edited(capture_file: Write, imported: Import) -> Callable[..., Any]:
    """Exports a capture, changes its lines, and imports them."""

    def run(change: Callable[[list[Any]], Any], chunks: Any = CHUNKS, **fields: Any) -> Capture:
        before = ssetape.open(capture_file(chunks, **fields))
        lines = [json.loads(line) for line in export(before).splitlines()]
        change(lines)
        text = b"\n".join(json.dumps(line, ensure_ascii=False).encode() for line in lines)
        (after,) = imported(jsonl, text)
        return after

    return run


def chunks_of(capture: Capture) -> list[tuple[float, bytes]]:
    return [tuple(chunk) for chunk in capture.chunks()]


def test_an_event_that_is_changed_is_encoded_anew_and_the_others_keep_their_bytes(
    edited: Callable[..., Any],
) -> None:
    crlf = [(t_s, data.replace(b"\n", b"\r\n")) for t_s, data in CHUNKS]
    capture = edited(lambda lines: lines[3].update(data="1st"), crlf)
    first, second, *rest = chunks_of(capture)
    assert [first, *rest] == [crlf[0], *crlf[2:]]
    assert second == (1.0, b"id: 7\r\nevent: note\r\ndata: 1st\r\n\r\n")
    assert capture.edited["changes"] == ["lines of file.x"]
    assert capture.edited["id"] == "x"
    assert capture.edited["recorder"] == "tests"
    assert capture.imported["bytes"] == capture.imported["times"] == "edited"


def test_its_fields_are_believed_before_its_bytes(edited: Callable[..., Any]) -> None:
    capture = edited(lambda lines: lines[3].update(event="message", id="8", retry=5))
    assert chunks_of(capture)[1] == (1.0, b"id: 8\nretry: 5\ndata: one\n\n")
    assert [event.id for event in capture.events()] == ["8", "7", "7", "7"]
    assert chunks_of(capture)[2][1].startswith(b"id: 7\ndata: two\n\n")


def test_an_event_is_inserted_and_moved_half_a_second(edited: Callable[..., Any]) -> None:
    def change(lines: list[Any]) -> None:
        lines.insert(4, {"t": 1.25, "data": "new\nlines"})
        lines[-2]["t"] += 0.5
        lines[-1]["t"] += 0.5

    capture = edited(change)
    assert [(event.t_s, event.data) for event in capture.events()] == [
        (1.0, "one"), (1.25, "new\nlines"), (1.5, "two"), (2.0, "three"), (3.0, "[DONE]"),
    ]  # fmt: skip
    assert chunks_of(capture)[2] == (1.25, b"data: new\ndata: lines\n\n")
    assert chunks_of(capture)[3:5] == CHUNKS[2:4]


def test_an_event_that_is_moved_leaves_the_chunk_that_it_shared_and_takes_its_pieces_along(
    edited: Callable[..., Any],
) -> None:
    def change(lines: list[Any]) -> None:
        lines[5]["t"] += 0.25

    capture = edited(change)
    assert chunks_of(capture)[2:5] == [
        (1.5, b"data: two\n\n"), (1.75, b"data: th"), (2.25, b"ree\n\n"),
    ]  # fmt: skip


def test_what_is_behind_an_event_that_is_moved_comes_no_earlier(
    edited: Callable[..., Any], capture_file: Write, imported: Import
) -> None:
    capture = edited(lambda lines: lines[3].update(t=2.25))
    assert [event.t_s for event in capture.events()] == [2.25, 2.25, 2.25, 2.5]
    assert [data for _, data in chunks_of(capture)] == [data for _, data in CHUNKS]
    assert capture.imported["notes"] == [
        "line 5 and 1 more come later than their `t`, not before the lines above"
    ]
    last = edited(lambda lines: lines[-2].update(t=9.0))
    assert last.end.t_s == 9.0
    assert "notes" not in last.imported


@pytest.mark.parametrize(("data", "sizes"), [("th", [8, 2]), ("", [8]), ("threesome", [8, 9])])
def test_chunks_of_an_event_that_is_changed_go_as_far_as_it_goes(
    data: str, sizes: list[int], edited: Callable[..., Any]
) -> None:
    capture = edited(lambda lines: lines[5].update(data=data))
    *_, first, second, _ = chunks_of(capture)
    if len(sizes) == 1:
        assert second == (2.0, b"data: \n\n")
    else:
        assert (first[0], second[0]) == (1.5, 2.0)
        assert len(second[1]) == sizes[1]
    assert [event.data for event in capture.events()] == ["one", "two", data, "[DONE]"]


def test_lines_that_are_taken_out_are_gone(edited: Callable[..., Any]) -> None:
    capture = edited(lambda lines: lines.__delitem__(slice(2, 5)))
    assert b"".join(data for _, data in chunks_of(capture)).startswith(b"id: 7\ndata: three\n\n")
    assert [item.data for item in capture.events()] == ["three", "[DONE]"]


def test_a_capture_that_is_edited_twice_says_both(
    edited: Callable[..., Any], imported: Import
) -> None:
    once = edited(lambda lines: lines[3].update(data="1"))
    (same,) = imported(jsonl, export(once))
    assert same.edited == once.edited
    text = export(once).replace(b'"data":"1"', b'"data":"2"')
    (twice,) = imported(jsonl, text)
    assert twice.edited == {**once.edited, "changes": ["lines of file.x"] * 2}


def test_a_content_length_is_that_of_the_edited_body(edited: Callable[..., Any]) -> None:
    headers = [("content-type", "application/json"), ("Content-Length", "7")]
    body = [(0.5, b'{"a":1}')]
    capture = edited(lambda lines: lines[2].update(data='{"a":100}'), body, headers=headers)
    assert capture.response.headers[1] == ("Content-Length", str(len(chunks_of(capture)[0][1])))
    cut = edited(
        lambda lines: lines[2].update(data="{}"), body, headers=headers, end="upstream_cut"
    )
    assert cut.response.headers[1] == ("Content-Length", "7")


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_an_array_stays_an_array_whatever_element_is_gone(
    gone: int, edited: Callable[..., Any]
) -> None:
    body = b'[{"a":1}\n,\r\n{"a":2}\n,\r\n{"a":3}\n]\n'
    json_type = [("content-type", "application/json")]
    capture = edited(
        lambda lines: lines.__delitem__(2 + gone),
        [(0.5, body[:13]), (0.6, body[13:])],
        headers=json_type,
    )
    whole = b"".join(data for _, data in chunks_of(capture))
    assert json.loads(whole) == [{"a": n} for n in (1, 2, 3) if n != gone + 1]


def test_frames_of_aws_get_new_checksums_and_keep_their_headers(
    edited: Callable[..., Any],
) -> None:
    body = kinds.frame("chunk", b'{"a":1}') + kinds.frame("fault", b"{}", "exception")
    aws = {"headers": kinds.AWS}

    def change(lines: list[Any]) -> None:
        lines[2]["data"] = '{"a":2}'
        lines[3]["data"] = '{"b":2}'
        lines.insert(3, {"event": "new", "data": "{}"})

    capture = edited(change, [(0.5, body)], **aws)
    found = [(item.name, item.data, item.is_error) for item in capture.items()]
    assert found == [("chunk", '{"a":2}', False), ("new", "{}", False), ("fault", '{"b":2}', True)]


def test_messages_of_a_websocket_are_edited(capture_file: Write, imported: Import) -> None:
    socket = capture_file(kind="websocket", status=101, headers=[], end=None)
    text = export(ssetape.open(socket)).splitlines()[:2]
    text += [
        b'{"kind":"message","t":0.5,"data":"hi","direction":"out"}',
        b'{"kind":"message","base64":"AP8="}',
    ]
    (capture,) = imported(jsonl, b"\n".join(text))
    assert [(m.t_s, m.from_client, m.is_text, m.data) for m in capture.messages()] == [
        (0.5, True, True, b"hi"), (0.5, False, False, b"\0\xff"),
    ]  # fmt: skip
    assert capture.end is not None


def test_lines_by_hand_need_no_more_than_data(imported: Import) -> None:
    told = Given("https://a.test/v1", request_body=b"{}")
    text = b'{"data":"a"}\n\n{"t":1.5,"event":"x","data":"b"}\n{"kind":"comment","data":" c"}\n'
    (capture,) = imported(jsonl, text, told)
    assert chunks_of(capture) == [
        (0.0, b"data: a\n\n"), (1.5, b"event: x\ndata: b\n\n"), (1.5, b": c\n\n"),
    ]  # fmt: skip
    assert (capture.request.method, capture.request.url) == ("POST", "https://a.test/v1")
    assert capture.response.headers == [("content-type", "text/event-stream")]
    assert capture.end.is_complete
    assert capture.edited == {}
    (lines,) = imported(jsonl, b'{"kind":"line","data":"{}"}\n{"kind":"line","data":"[]"}')
    assert chunks_of(lines) == [(0.0, b"{}\n"), (0.0, b"[]\n")]
    assert lines.response.headers == [("content-type", "application/x-ndjson")]


# --- wrong lines ------------------------------------------------------------------------------

WRONG = {
    "{": "expected JSON",
    "5": "expected a JSON object",
    '{"kind":"evnt","data":"x"}': "`kind`: expected one of",
    '{"kind":"event"}': "needs `data`",
    '{"kind":"bytes"}': "needs `data`, or `base64`",
    '{"data":5}': "`data`: expected text",
    '{"t":"1","data":"x"}': "`t`: expected seconds",
    '{"data":"x","retry":-1}': "`retry`: expected milliseconds",
    '{"data":"x","pieces":[5]}': "`pieces`: expected",
    '{"data":"x","masked":{}}': "`masked`: expected a list",
    '{"kind":"bytes","base64":"?"}': "is not base64",
    '{"data":"a\\rb"}': "a client would read 'a' here",
    '{"data":"x","event":"a\\nb"}': "a client would read",
    '{"data":"x","id":"a\\u0000"}': "a client would read",
    '{"kind":"bytes","data":"data: y\\n\\n"}': "which the line is not",
    '{"kind":"head","head":{"status":"x"}}': "a second line of the kind head",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line_is_named_by_its_number(line: str) -> None:
    head = b'{"kind":"head","head":{"status":200,"headers":[]},"framing":"events"}'
    text = head + b'\n{"t":1,"data":"a"}\n\n' + line.encode()
    (found,) = jsonl.read(text, "x.jsonl", Given())
    assert isinstance(found, Skipped)
    assert found.place == "line 4"
    assert WRONG[line] in found.why


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"kind":"request","request":5}', "request: expected an object"),
        ('{"kind":"request","request":{"method":"GET"}}', "request.url: expected a string"),
        ('{"kind":"head","head":{"status":"x"}}', "head.status: expected a number"),
        ('{"kind":"head","head":{"status":200},"framing":"x"}', "`framing`: expected one of"),
        ('{"kind":"trailers","trailers":5}', "trailers: expected a list"),
    ],
)
def test_a_wrong_request_head_or_trailers_too(line: str, why: str) -> None:
    (found,) = jsonl.read(f"\n{line}".encode(), "x.jsonl", Given())
    assert isinstance(found, Skipped)
    assert (found.place, why in found.why) == ("line 2", True)


def test_a_capture_with_a_wrong_line_keeps_no_other_from_coming(capture_file: Write) -> None:
    good = export(ssetape.open(capture_file(CHUNKS)))
    found = list(jsonl.read(good + b'{"kind":"request","request":5}\n' + good, "x", Given()))
    assert [type(each) for each in found] == [Imported, Skipped, Imported]


def test_a_capture_to_be_like_is_for_one(capture_file: Write) -> None:
    capture = ssetape.open(capture_file(CHUNKS))
    found = list(jsonl.read(export(capture) * 2, "x", like(capture)))
    assert all(isinstance(each, Skipped) and "--like" in each.why for each in found)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes, hostile: Callable[..., None]) -> None:
    hostile(jsonl, data)
    hostile(jsonl, b'{"data":"a"}\n' + data)


def test_an_export_is_recognised(capture_file: Write) -> None:
    for chunks in (CHUNKS, []):
        assert jsonl.recognises(export(ssetape.open(capture_file(chunks))), "x")
    assert jsonl.recognises(b'{"kind":"event","seq":3,"data":"x"}', "x")
    for other in (
        b'{"kind":"message","data":{}}',
        b'{"a":1}\n{"kind":"event","t":1}',
        b'[{"kind":"event"}]',
        b"",
        b'{"log":{}}',
    ):
        assert not jsonl.recognises(other, "x.jsonl")
