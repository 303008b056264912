from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire.preliminary import Preliminary
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.watch import PERIOD_S
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]


class Begun(Preliminary):
    """Takes what comes."""

    def data_received(self, data: bytes) -> None:
        pass


@pytest.fixture
def begun(capture: Make, fake_timer: Any, fake_transport: Any) -> tuple[Begun, Service]:
    answerer = Answerer(Shelf([capture([(0.0, b"x")])]), Pace())
    service = Service(answerer, fake_timer, Strictness.LOOSE, print)
    connection = Begun(service)
    connection.connection_made(fake_transport)
    return connection, service


def test_one_that_says_nothing_is_closed(begun: tuple[Begun, Service], fake_transport: Any) -> None:
    connection, service = begun
    assert (connection.takes, connection.is_playing) == (True, False)
    assert service.transports == {fake_transport}
    for _ in range(PERIOD_S):
        service.watch.second()
    assert fake_transport.closed
    connection.connection_lost(None)
    assert service.transports == set()


def test_one_that_something_goes_on_with_is_watched_no_longer(
    begun: tuple[Begun, Service], fake_transport: Any
) -> None:
    connection, service = begun
    connection.forget()
    for _ in range(PERIOD_S):
        service.watch.second()
    assert not fake_transport.closed
