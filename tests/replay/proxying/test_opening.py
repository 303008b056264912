from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.pacing import Pace
from ssetape.replay.proxying.opening import SOCKS_5, TLS, Opening
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire.http1 import Http1Connection
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]


@pytest.fixture
def opened(
    capture: Make, fake_timer: Any, fake_transport: Any
) -> tuple[Opening, Service, list[Any]]:
    found: list[Any] = []
    answerer = Answerer(Shelf([capture([(0.0, b"x")])]), Pace(instant=True))
    service = Service(answerer, fake_timer, Strictness.LOOSE, found.append)

    def begins(name: str) -> Any:
        return lambda _: found.append(name) or Http1Connection(service)  # any would do

    fake_transport.set_protocol = found.append
    opening = Opening(service, {TLS: begins("TLS"), SOCKS_5: begins("SOCKS")})
    opening.connection_made(fake_transport)
    return opening, service, found


def test_its_first_byte_shows_what_it_is(
    opened: tuple[Opening, Service, list[Any]], fake_timer: Any, fake_transport: Any
) -> None:
    opening, _, found = opened
    opening.receive(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    fake_timer.run()
    assert isinstance(found[0], Http1Connection)
    assert fake_transport.written.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("data", "name"), [(b"\x16\x03\x01", "TLS"), (b"\x05", "SOCKS")])
def test_what_is_no_http_is_left_to_what_speaks_it(
    data: bytes, name: str, opened: tuple[Opening, Service, list[Any]]
) -> None:
    opening, _, found = opened
    opening.receive(data)
    assert found[0] == name
