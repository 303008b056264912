import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ssetape.format.values import Chunk, End
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.answers.guard import Reach
from ssetape.replay.exchange import ClientRequest, Play, Say
from ssetape.replay.matching.rules import Match, MatchBook, MatchRules
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

HOSTS = ("a.test", "b.test")
CHUNKS = [(0.1, b"a"), (0.2, b"b")]


def test_a_capture_answers_with_its_head_and_what_follows(capture: Make) -> None:
    tape = capture(CHUNKS, status=201)
    pace = Pace(speed=2.0)
    answer = Answerer(Shelf([tape]), pace).answer(ClientRequest("GET", "/stream?x=1"))
    assert isinstance(answer, Play)
    assert (answer.capture, answer.response.status, answer.pace) == (tape, 201, pace)
    assert answer.is_complete
    parts = list(answer.played(None, iter))
    assert parts[:2] == [Chunk(0.1, b"a"), Chunk(0.2, b"b")]
    assert isinstance(parts[2], End)
    assert answer.log == f"GET /stream?x=1 <- {tape.name} (query: asked 'x=1', captured '')"


@pytest.mark.parametrize("end", [None, "upstream_cut"])
def test_what_was_cut_is_not_complete(capture: Make, end: str | None) -> None:
    answer = Answerer(Shelf([capture(CHUNKS, end=end)]), Pace()).answer(
        ClientRequest("GET", "/stream")
    )
    assert isinstance(answer, Play)
    assert not answer.is_complete


def test_what_is_made_for_one_is_there_for_all(capture: Make) -> None:
    answerer = Answerer(Shelf([capture(CHUNKS)]), Pace())
    made = []

    def play(parts: Any) -> Any:
        made.append(1)
        return iter(parts)

    for _ in range(3):
        answer = answerer.answer(ClientRequest("GET", "/stream"))
        assert isinstance(answer, Play)
        assert len(list(answer.played("how", play))) == 3
    assert made == [1]


def test_a_websocket_that_was_refused_is_refused_again(capture: Make) -> None:
    """It was recorded as an ordinary response to a request that asks for a WebSocket."""
    upgrade = [["Connection", "Upgrade"], ["Upgrade", "websocket"]]
    refused = capture([(0.0, b"no")], status=403, request_headers=upgrade)
    page = capture([(0.0, b"page")])
    answerer = Answerer(Shelf([refused, page]), Pace())
    for headers, tape in ([("upgrade", "WebSocket")], refused), ([], page):
        for _ in range(2):
            answer = answerer.answer(ClientRequest("GET", "/stream", headers))
            assert isinstance(answer, Play)
            assert answer.capture == tape


def test_a_miss_explains_itself(capture: Make) -> None:
    tape = capture(CHUNKS, method="POST")
    answer = Answerer(Shelf([tape]), Pace()).answer(ClientRequest("GET", "/stream"))
    assert isinstance(answer, Say)
    assert (answer.status, answer.reason) == (404, "Not Found")
    said = json.loads(answer.body)
    assert said["error"]["type"] == "ssetape_miss"
    assert "no capture answers GET /stream" in said["error"]["message"]
    assert said["asked"] == {"method": "GET", "target": "/stream"}
    (near,) = said["nearest"]
    assert near["capture"] == tape.name
    assert near["differs"] == ["method: asked GET, captured POST"]
    assert "MISS" in answer.log


def test_what_is_below_the_own_path_is_asked_of_the_routes_first(capture: Make) -> None:
    answerer = Answerer(Shelf([capture(CHUNKS)]), Pace())
    hello = Say(200, b"hello", "hello")
    answerer.routes += [lambda asked: None, lambda asked: hello]
    assert answerer.answer(ClientRequest("GET", "/_ssetape/x")) is hello
    assert isinstance(answerer.answer(ClientRequest("GET", "/stream")), Play)


def test_a_client_that_has_it_gets_a_304(capture: Make) -> None:
    tape = capture(CHUNKS, headers=[("ETag", '"1"'), ("content-length", "2")])
    answerer = Answerer(Shelf([tape]), Pace())
    answer = answerer.answer(ClientRequest("GET", "/stream", [("If-None-Match", '"1"')]))
    assert isinstance(answer, Play)
    assert (answer.response.status, answer.response.reason) == (304, "Not Modified")
    assert answer.response.headers == [("ETag", '"1"')]
    again = answerer.answer(ClientRequest("GET", "/stream"))
    assert isinstance(again, Play)
    assert again.response.status == 200


def test_pages_of_other_origins_read_answers_if_they_may(capture: Make) -> None:
    shelf = Shelf([capture(CHUNKS, method="POST")])
    page = [("Origin", "https://app.test")]
    preflight = [*page, ("Access-Control-Request-Method", "POST")]
    refusing, allowing = Answerer(shelf, Pace()), Answerer(shelf, Pace(), cors=True)
    refused = refusing.answer(ClientRequest("OPTIONS", "/stream", preflight))
    assert isinstance(refused, Say)
    assert refused.status == 403
    allowed = allowing.answer(ClientRequest("OPTIONS", "/stream", preflight))
    assert isinstance(allowed, Say)
    assert (allowed.status, allowed.body) == (200, b"")
    answer = allowing.answer(ClientRequest("POST", "/stream", page))
    assert isinstance(answer, Play)
    assert ("access-control-allow-origin", "https://app.test") in answer.response.headers
    miss = allowing.answer(ClientRequest("POST", "/other", page))
    assert isinstance(miss, Say)
    assert ("access-control-allow-origin", "https://app.test") in miss.headers


STREAM = [(1.0, b"id: 1\ndata: a\n\n"), (2.0, b"id: \xc3\xa9\ndata: b\n\n")]


def test_a_client_that_comes_back_is_resumed_where_that_is_wanted(capture: Make) -> None:
    shelf = Shelf([capture(STREAM, headers=[("content-length", "28")])])
    again = ClientRequest("GET", "/stream", [("Last-Event-ID", "1")])
    whole = Answerer(shelf, Pace()).answer(again)
    assert isinstance(whole, Play)
    assert len(list(whole.played(None, iter))) == 3
    answerer = Answerer(shelf, Pace(), resume=True)
    rest = answerer.answer(again)
    assert isinstance(rest, Play)
    first, end = rest.played(None, iter)
    assert first == Chunk(1.0, STREAM[1][1])
    assert isinstance(end, End)
    assert rest.response.headers == []
    assert rest.log.endswith("(after event '1')")
    # As browsers send it: UTF-8, which HTTP has as one character a byte.
    done = answerer.answer(ClientRequest("GET", "/stream", [("Last-Event-ID", "\xc3\xa9")]))
    assert isinstance(done, Say)
    assert (done.status, done.body) == (204, b"")


@pytest.mark.parametrize(
    ("headers", "words"),
    [([], "no event 'x'"), ([("content-encoding", "gzip")], "it is content-encoded")],
)
def test_what_cannot_be_resumed_is_played_from_its_beginning(
    headers: list[Any], words: str, capture: Make
) -> None:
    answerer = Answerer(Shelf([capture(STREAM, headers=headers)]), Pace(), resume=True)
    answer = answerer.answer(ClientRequest("GET", "/stream", [("Last-Event-ID", "x")]))
    assert isinstance(answer, Play)
    assert len(list(answer.played(None, iter))) == 3
    assert f"from its beginning: {words}" in answer.log


def test_who_listens_is_told_of_every_request_and_its_answer(capture: Make) -> None:
    answerer = Answerer(Shelf([capture(CHUNKS)]), Pace())
    heard: list[tuple[str, object]] = []
    answerer.listeners.append(lambda asked, answer: heard.append((asked.target, answer)))
    answers = [answerer.answer(ClientRequest("GET", target)) for target in ("/stream", "/nothing")]
    assert heard == [("/stream", answers[0]), ("/nothing", answers[1])]


def continued(capture: Make, event_id: str | None, *parts: Any) -> Any:
    """A capture of a stream's request that continues after an event."""
    sent = [] if event_id is None else [("last-event-id", event_id)]
    return capture(parts, request_headers=sent)


def answered(answerer: Answerer, event_id: str | None) -> bytes | int:
    headers = [] if event_id is None else [("Last-Event-ID", event_id)]
    answer = answerer.answer(ClientRequest("GET", "/stream", headers))
    if isinstance(answer, Say):
        return answer.status
    return b"".join(part.data for part in answer.played(None, iter) if isinstance(part, Chunk))


def test_a_client_that_reconnects_gets_what_was_recorded_after_that_event(capture: Make) -> None:
    first = continued(capture, None, (1.0, b"id: 1\ndata: a\n\n"), (2.0, b"id: 3\ndata: b\n\n"))
    second = continued(capture, "3", (1.0, b"id: 4\ndata: c\n\n"))
    whole, rest = b"id: 1\ndata: a\n\nid: 3\ndata: b\n\n", b"id: 4\ndata: c\n\n"
    for resume in (False, True):
        answerer = Answerer(Shelf([second, first]), Pace(), resume=resume)
        for _ in range(2):
            assert answered(answerer, None) == whole
            assert answered(answerer, "3") == rest
        assert answered(answerer, "9") == whole
    assert answered(answerer, "1") == b"id: 3\ndata: b\n\n"
    assert answered(answerer, "4") == 204  # the last event of the second capture


@pytest.mark.parametrize(
    ("match", "host", "has_answer"),
    [
        (Match.NORMALISED, "a.test", True),
        (Match.NORMALISED, "b.test", False),
        (Match.EXACT, "b.test", False),
        (Match.NORMALISED, "localhost:8000", True),
        (Match.NEAREST, "b.test", True),
        (Match.PATH, "b.test", True),
    ],
)
def test_another_hosts_capture_answers_where_near_is_enough(
    match: Match, host: str, has_answer: bool, capture: Make
) -> None:
    shelf = Shelf([capture(CHUNKS, url="https://a.test/stream")])
    book = MatchBook(MatchRules(match=match))
    answerer = Answerer(shelf, Pace(), matching=book, allow_hosts=["b.test"])
    asked = ClientRequest("GET", f"https://{host}/stream", [("host", host)])
    assert answerer.has_answer(asked, of_its_host=True) == has_answer
    assert answerer.has_answer(asked) == (match is not Match.EXACT or has_answer)
    answerer.guard = answerer.guard.reached(Reach.PROXY)
    answerer.names_hosts = True
    answer = answerer.answer(replace(asked, target="/stream"))
    assert isinstance(answer, Play) == has_answer


def test_of_two_hosts_with_one_path_each_has_its_own_answer(capture: Make) -> None:
    tapes = [capture([(0.1, host.encode())], url=f"https://{host}/stream") for host in HOSTS]
    answerer = Answerer(
        Shelf(tapes), Pace(), matching=MatchBook(MatchRules(match=Match.NORMALISED))
    )
    for host in (*HOSTS, *reversed(HOSTS)):
        asked = ClientRequest("GET", f"https://{host}/stream", [("host", host)])
        assert answerer.has_answer(asked, of_its_host=True)
        answer = answerer.answer(asked)
        assert isinstance(answer, Play)
        assert answer.capture.request.url == f"https://{host}/stream"
