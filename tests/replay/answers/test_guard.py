import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.local_only import ANY_HOST, Hosts
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.answers.control_pages import ControlPages
from ssetape.replay.answers.guard import Guard, Reach, hosts_of
from ssetape.replay.answers.pages import Pages
from ssetape.replay.control import Control
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

OWN_PATHS = [
    *("GET /_ssetape/", "GET /_ssetape/captures/0", "POST /_ssetape/pause"),
    *("PUT /_ssetape/scenario", "DELETE /_ssetape/served", "GET /_ssetape/nothing"),
]
FOREIGN = [
    {"host": "evil.example"},
    {"host": "evil.example:8900"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "127.0.0.1", "origin": "https://evil.example"},
    {"host": "127.0.0.1", "origin": "null"},
]


def asked(line: str, **headers: str) -> ClientRequest:
    method, target = line.split(" ")
    fields = [(name.replace("_", "-").title(), value) for name, value in headers.items()]
    return ClientRequest(method, target, fields)


class Server:
    """An answerer with all of its own pages, and its control."""

    def __init__(self, captures: list[Any], **options: Any) -> None:
        shelf = Shelf(captures)
        self.answerer = Answerer(shelf, Pace(), **options)
        self.control = Control(self.answerer)
        self.answerer.routes += [Pages(shelf, Pace()), ControlPages(self.control)]

    def status(self, line: str, **headers: str) -> int:
        answer = self.answerer.answer(asked(line, **headers))
        return answer.status if isinstance(answer, Say) else answer.response.status


@pytest.fixture
def captures(capture: Make) -> list[Any]:
    answer = capture([(0.1, b"data: a\n\n")], url="https://api.example.com/stream")
    socket = capture(kind="websocket", status=101, url="https://api.example.com/ws", end=None)
    return [answer, socket]


LINES = ["GET /stream", "GET /other", "POST /stream", "OPTIONS /stream"]


@pytest.mark.parametrize("line", [*LINES, *OWN_PATHS])
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_gets_nothing(
    line: str, headers: dict[str, str], captures: list[Any]
) -> None:
    server = Server(captures)
    assert server.status(line, **headers) == 403
    assert server.status("GET /ws", upgrade="websocket", **headers) == 403
    assert server.control.paused == set()
    assert not server.answerer.has_answer(asked("GET /stream", **headers))


def test_a_refusal_says_why_and_what_to_do(captures: list[Any]) -> None:
    answer = Server(captures).answerer.answer(asked("GET /stream?key=1", host="evil.example"))
    assert isinstance(answer, Say)
    message = json.loads(answer.body)["error"]["message"]
    assert message.startswith("ssetape: GET /stream: the host 'evil.example' is neither")
    assert "--allow-host NAME" in message
    assert message.removeprefix("ssetape: ") in answer.log
    assert not any(name.startswith("access-control") for name, _ in answer.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1:8900", "origin": "http://localhost:5173"},
        {"host": "api.example.com", "origin": "http://api.example.com"},
        {"host": "replay:8900"},
    ],
)
def test_others_are_answered(headers: dict[str, str], captures: list[Any]) -> None:
    assert Server(captures).status("GET /stream", **headers) == 200
    assert Server(captures).status("GET /ws", upgrade="websocket", **headers) == 101


@pytest.mark.parametrize("name", ["evil.example", "EVIL.example", ".example", ANY_HOST])
def test_a_host_may_be_allowed(name: str, captures: list[Any]) -> None:
    server = Server(captures, allow_hosts=[name])
    assert server.status("GET /stream", host="evil.example:1") == 200
    assert server.status("GET /stream", host="a", origin="https://evil.example") == 200
    assert server.status("POST /_ssetape/pause", host="evil.example") == 200


def test_cors_opens_the_captures_to_all_but_not_the_controls(captures: list[Any]) -> None:
    server = Server(captures, cors=True)
    for headers in FOREIGN:
        assert server.status("GET /stream", **headers) == 200
        assert server.status("POST /_ssetape/pause", **headers) == 403


def test_captured_hosts_reach_captures_but_not_the_controls(captures: list[Any]) -> None:
    server = Server(captures)
    assert server.status("POST /_ssetape/pause", host="api.example.com") == 403
    assert server.control.paused == set()


def test_the_pages_that_were_recorded_may_ask_again(capture: Make) -> None:
    made = capture([], url="https://api.example.com:444/x")
    made.request.headers.append(("Origin", "https://chat.example.com"))
    assert hosts_of([made]) == Hosts(frozenset({"api.example.com", "chat.example.com"}))
    server = Server([made])
    assert server.status("GET /x", host="127.0.0.1", origin="https://chat.example.com") == 200


def test_a_proxys_clients_name_any_host_but_pages_of_foreign_ones_read_nothing() -> None:
    guard = Guard(trusted=Hosts(frozenset({"api.example.com"})), reach=Reach.PROXY)
    assert guard.refuses(asked("GET /", host="other.example")) is None
    assert guard.refuses(asked("GET /", host="api.example.com", user_agent="Mozilla/5.0")) is None
    for sign in ({"user_agent": "Mozilla/5.0"}, {"accept_language": "x"}, {"sec_fetch_site": "a"}):
        assert guard.refuses(asked("GET /", host="other.example", **sign)) is not None
    assert guard.reached(Reach.DIRECT).refuses(asked("GET /", host="other.example")) is not None


@given(host=st.text(max_size=20), origin=st.text(max_size=20), referer=st.text(max_size=20))
def test_whatever_is_sent_raises_nothing(host: str, origin: str, referer: str) -> None:
    for reach in Reach:
        for fields in ({"host": host, "origin": origin}, {"host": host, "referer": referer}):
            request = asked("GET /", sec_fetch_site="cross-site", **fields)
            Guard(reach=reach).refuses(request)
            Guard(reach=reach).refuses_own_path(request)
