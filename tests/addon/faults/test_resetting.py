import socket
import struct
from typing import Any

import pytest
from mitmproxy import ctx
from mitmproxy.test import tflow

from ssetape.addon.faults.resetting import reset_when_closed


class Fake:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def proxy_with(client: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Fake(get_extra_info=lambda name: found)
    handler = Fake(client=client, transports={client: Fake(writer=writer)})
    addons = {"proxyserver": Fake(connections={1: handler})}
    monkeypatch.setattr(ctx, "master", Fake(addons=addons), raising=False)


def test_the_socket_is_told_to_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    client = tflow.tclient_conn()
    with socket.socket() as found:
        proxy_with(client, found, monkeypatch)
        assert reset_when_closed(client)
        lingers = found.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", lingers) == (1, 0)


@pytest.mark.parametrize("found", [None, Fake()])
def test_what_is_no_socket_is_left(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tflow.tclient_conn()
    proxy_with(client, found, monkeypatch)
    assert not reset_when_closed(client)
    assert not reset_when_closed(tflow.tclient_conn())  # has gone already
