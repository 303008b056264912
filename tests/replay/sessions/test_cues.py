import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.replay.sessions.cues import Sessions, sessions_of

Write = Callable[..., Path]
PLAIN = [("content-type", "text/plain")]


def exchange(capture_file: Write, at_s: float, url: str, **fields: Any) -> Capture:
    """A capture that began so many seconds after the others' start."""
    request_headers = fields.pop("request_headers", [])
    run = fields.pop("run", None)
    started = f"2026-11-23T09:30:{at_s:09.6f}Z"
    path = capture_file(url=f"https://api.test{url}", started=started, **fields)
    header, _, rest = path.read_bytes().partition(b"\n")
    found = json.loads(header)
    found["request"]["headers"] += request_headers
    if run:
        found["run"] = run
    path.write_bytes(json.dumps(found).encode() + b"\n" + rest)
    return Capture(path)


def stream(capture_file: Write, at_s: float, url: str = "/events", **fields: Any) -> Capture:
    chunks = fields.pop("chunks", [(0.1, b"data: hello\n\n"), (5.0, b"data: answer\n\n")])
    return exchange(capture_file, at_s, url, content=chunks, **fields)


def post(capture_file: Write, at_s: float, url: str = "/ask", **fields: Any) -> Capture:
    fields = {"headers": PLAIN, "method": "POST", **fields}
    return exchange(capture_file, at_s, url, content=[(0.1, b"ok")], **fields)


def found(*captures: Capture) -> Sessions:
    responses = [capture.response for capture in captures]
    return sessions_of(captures, [each for each in responses if each is not None])


def awaited(*captures: Capture) -> dict[int, list[int]]:
    cues = found(*captures).cues
    return {stream: [cue.index for cue in each] for stream, each in cues.items()}


def test_a_subscription_waits_for_what_was_posted_meanwhile(capture_file: Write) -> None:
    captures = stream(capture_file, 1), post(capture_file, 3), post(capture_file, 4)
    assert awaited(*captures) == {0: [1, 2]}
    assert [cue.t_s for cue in found(*captures).cues[0]] == [2.0, 3.0]


def test_requests_before_and_after_a_stream_and_of_other_servers_are_none_of_its(
    capture_file: Write,
) -> None:
    other = post(capture_file, 3)
    other.request = type(other.request)("POST", "https://other.test/ask", "HTTP/1.1", [])
    early, late = post(capture_file, 0.5), post(capture_file, 30)
    assert awaited(stream(capture_file, 1), early, late, other) == {}


def test_streams_that_answer_their_own_requests_are_independent(capture_file: Write) -> None:
    first = stream(capture_file, 1, "/v1/chat", method="POST")
    assert awaited(first, stream(capture_file, 2, "/v1/chat", method="POST")) == {}
    assert awaited(first, post(capture_file, 2, "/v1/embeddings")) == {}
    assert awaited(stream(capture_file, 1), stream(capture_file, 2, method="POST")) == {}


def test_an_id_tells_sessions_apart_whereever_it_is(capture_file: Write) -> None:
    ids = "4f0c9a77e1b24d53", "b81d22c09ce64f1a"
    for in_stream, in_post in [
        ({"url": "/events?session_id={}"}, {"url": "/ask?session_id={}"}),
        (
            {"chunks": [(0.1, b"data: /ask?sid={}\n\n"), (5, b"data: x\n\n")]},
            {"url": "/ask?sid={}"},
        ),
        ({"url": "/events/{}"}, {"url": "/rooms/{}/ask"}),
        ({"request_headers": [["x-session", "{}"]]}, {"request_headers": [["x-session", "{}"]]}),
    ]:
        captures = []
        for at_s, each in enumerate(ids):
            for make, fields in (stream, in_stream), (post, in_post):
                filled = json.loads(json.dumps(fields, default=bytes.decode).replace("{}", each))
                if "chunks" in filled:
                    filled["chunks"] = [(t, data.encode()) for t, data in filled["chunks"]]
                captures.append(make(capture_file, 1 + at_s + (make is post), **filled))
        assert awaited(*captures) == {0: [1], 2: [3]}, in_stream


def test_other_cookies_and_other_clients_are_other_sessions(capture_file: Write) -> None:
    mine, yours = [["cookie", "u=1; theme=dark"]], [["cookie", "u=2"]]
    subscribed = stream(capture_file, 1, request_headers=mine)
    assert awaited(subscribed, post(capture_file, 2, request_headers=mine)) == {0: [1]}
    assert awaited(subscribed, post(capture_file, 2, request_headers=yours)) == {}
    other = post(capture_file, 2, request_headers=[["user-agent", "curl"]])
    assert awaited(stream(capture_file, 1), other) == {}


def test_the_clock_of_the_run_counts_more_than_the_wall_clock(capture_file: Write) -> None:
    captures = (
        stream(capture_file, 1, run={"id": "r", "at": 10.0}),
        post(capture_file, 40, run={"id": "r", "at": 12.5}),  # the wall clock was set
    )
    assert [cue.t_s for cue in found(*captures).cues[0]] == [2.5]


def test_what_opens_a_session_of_mcp_is_known(capture_file: Write) -> None:
    beginning = b"event: endpoint\r\ndata: /messages?session_id=4f0c9a77e1b2\r\n\r\n"
    chunks = [(0.0, beginning), (5.0, b"data: x\n\n")]
    asked = post(capture_file, 2, "/messages?session_id=4f0c9a77e1b2")
    assert found(stream(capture_file, 1, chunks=chunks), asked).openers == {0}
