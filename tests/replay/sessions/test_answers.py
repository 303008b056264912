import json
from collections.abc import Callable
from pathlib import Path

from ssetape.capture import Capture
from ssetape.replay.answers import from_captures
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest, Play
from ssetape.replay.sessions.cued import Cued
from ssetape.replay.sessions.cues import SessionRules

Write = Callable[..., Path]
JSON = [("Content-Type", "application/json")]
CALL = b'{"jsonrpc":"2.0","id":%d,"method":"add"}'
RESULT = b'{"jsonrpc":"2.0","id":%d,"result":5}'


def answerer(capture_file: Write, rules: SessionRules | None = None) -> Answerer:
    result = RESULT % 7
    length = ("Content-Length", str(len(result)))
    files = [
        capture_file([(0.1, b"data: a\n\n"), (9.0, b"data: b\n\n")], url="http://api.test/events"),
        capture_file(
            [(0.1, result)],
            url="http://api.test/rpc",
            method="POST",
            body=CALL % 7,
            headers=[*JSON, length],
            started="2026-11-23T09:30:14.123456Z",
        ),
        capture_file(
            url="http://api.test/old",
            status=307,
            headers=[("Location", "http://api.test/events"), ("Link", "<http://else.test/>")],
        ),
    ]
    return from_captures.answerer([Capture(file) for file in files], sessions=rules)


def ask(server: Answerer, method: str, target: str, body: bytes = b"", host: str = "") -> Play:
    headers = [("host", host or "127.0.0.1:8900")]
    answer = server.answer(ClientRequest(method, target, headers, body))
    assert isinstance(answer, Play), answer
    return answer


def body(answer: Play) -> bytes:
    return b"".join(getattr(part, "data", b"") for part in answer.played(None, iter))


def test_a_stream_gets_its_cues_and_the_requests_of_its_client(capture_file: Write) -> None:
    server = answerer(capture_file)
    stream = ask(server, "GET", "/events").cued
    assert isinstance(stream, Cued)
    assert [cue.index for cue in stream.cues] == [2]  # in recorded order
    assert not stream.run.asked.get(2)
    ask(server, "POST", "/rpc", CALL % 9)
    assert [asked.rpc_id for asked in stream.run.asked[2]] == [9]


def test_independent_streams_wait_for_nothing(capture_file: Write) -> None:
    server = answerer(capture_file, SessionRules(waits=False))
    assert ask(server, "GET", "/events").cued is None


def test_an_answer_carries_the_number_that_its_client_gave(capture_file: Write) -> None:
    server = answerer(capture_file)
    answer = ask(server, "POST", "/rpc", CALL % 1234)
    assert json.loads(body(answer))["id"] == 1234
    assert ("Content-Length", str(len(body(answer)))) in answer.response.headers
    assert "altered: id 1234" in answer.log
    same = ask(server, "POST", "/rpc", CALL % 7)
    assert body(same) == RESULT % 7
    assert "altered" not in same.log


def test_addresses_of_captured_hosts_become_relative(capture_file: Write) -> None:
    server = answerer(capture_file)
    assert dict(ask(server, "GET", "/old").response.headers) == {
        "Location": "/events",
        "Link": "<http://else.test/>",
    }
    through_a_proxy = ask(server, "GET", "http://api.test/old", host="api.test")
    assert dict(through_a_proxy.response.headers)["Location"] == "http://api.test/events"


def test_without_rewriting_all_is_as_recorded(capture_file: Write) -> None:
    server = answerer(capture_file, SessionRules(rewrites=False))
    assert body(ask(server, "POST", "/rpc", CALL % 9)) == RESULT % 7
    location = dict(ask(server, "GET", "/old").response.headers)["Location"]
    assert location == "http://api.test/events"
