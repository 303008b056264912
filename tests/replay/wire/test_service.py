from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import CaptureError
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest, Later, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]


@pytest.fixture
def service(capture: Make, fake_timer: Any) -> tuple[Service, list[str]]:
    lines: list[str] = []
    answerer = Answerer(Shelf([capture([(0.1, b"a")])]), Pace())
    return Service(answerer, fake_timer, Strictness.LOOSE, lines.append), lines


def test_an_answer_is_logged_and_remembered(service: tuple[Service, list[str]]) -> None:
    shared, lines = service
    for target in ("/stream", "/elsewhere"):
        asked = ClientRequest("PUT", target, [], b"")
        shared.remember(asked, shared.answerer.answer(asked))
    assert [line.partition(" <-")[0] for line in lines] == ["PUT /stream", "PUT /elsewhere"]
    assert [served["target"] for served in shared.control.served()] == ["/stream", "/elsewhere"]


def test_damage_is_logged_with_its_place(service: tuple[Service, list[str]]) -> None:
    shared, lines = service
    shared.log_damage(CaptureError("c.ssetape", 5, "expected an array"))
    assert lines == ["cut, the capture is damaged: c.ssetape, line 5: expected an array"]


def test_services_share_no_connections(service: tuple[Service, list[str]]) -> None:
    shared, _ = service
    other = Service(shared.answerer, shared.timer, Strictness.STRICT, print)
    assert other.transports is not shared.transports
    assert other.control is not shared.control


@pytest.mark.parametrize(("tls", "scheme"), [(None, "http"), (object(), "https")])
def test_a_request_s_scheme_is_that_of_its_connection(
    tls: object, scheme: str, service: tuple[Service, list[str]], fake_transport: Any
) -> None:
    fake_transport.get_extra_info = {"ssl_object": tls}.get
    asked, ignored = service[0].received(ClientRequest("GET", "/"), fake_transport)
    assert (asked.scheme, ignored) == (scheme, None)


def test_what_others_answer_is_remembered_once_it_is_there(
    service: tuple[Service, list[str]],
) -> None:
    shared, lines = service
    waiting: list[Callable[[Say], None]] = []
    said: list[Say] = []
    asked = ClientRequest("POST", "/_ssetape/pause", [], b"")
    shared.say_later(asked, Later(waiting.append), said.append)
    assert (lines, said) == ([], [])
    answer = Say(200, b"{}", "done")
    waiting[0](answer)
    assert (lines, said) == (["done"], [answer])
    assert [served["target"] for served in shared.control.served()] == ["/_ssetape/pause"]
