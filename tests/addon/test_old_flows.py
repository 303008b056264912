import io
from typing import Any

import pytest
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from ssetape.addon import flow_file
from ssetape.addon.old_flows import mended, old_flow
from ssetape.errors import SourceError
from ssetape.imports._exchange import Given, Imported, Skipped

HEADERS = [[b"Content-Type", b"text/event-stream"]]


def record(version: list[int], **fields: Any) -> dict[bytes, Any]:
    """A flow as versions 0.10 to 0.17 wrote it."""
    got = {
        b"httpversion": [1, 1],
        b"code": 200,
        b"msg": b"OK",
        b"headers": HEADERS,
        b"content": b"data: x\n\n",
        b"timestamp_start": 1468014850.25,
        b"timestamp_end": 1468014850.5,
    }
    if version >= [0, 14]:
        for old, new in ((b"code", b"status_code"), (b"content", b"body")):
            got[new] = got.pop(old)
        del got[b"httpversion"]
        got[b"http_version"] = b"HTTP/1.1"
    return {
        b"version": version,
        b"error": None,
        b"response": got,
        b"request": {
            b"httpversion": [1, 1],
            b"client_conn": {b"address": [b"127.0.0.1", 56104], b"requestcount": 1},
            b"method": b"GET",
            b"scheme": b"https",
            b"host": b"a.test",
            b"port": 443,
            b"path": b"/x",
            b"headers": [[b"Host", b"a.test"]],
            b"content": b"",
            b"timestamp_start": 1468014850.0,
            b"timestamp_end": 1468014850.0,
        },
        **{name.encode(): value for name, value in fields.items()},
    }


def read(*states: Any) -> list[Imported | Skipped]:
    data = b"".join(tnetstring.dumps(state) for state in states)
    return list(flow_file.read(data, "x", Given()))


@pytest.mark.parametrize("version", [[0, 10, 1], [0, 11, 3], [0, 13], [0, 14], [0, 17]])
def test_an_old_flow_is_imported(version: list[int]) -> None:
    (found,) = read(record(version))
    assert isinstance(found, Imported)
    assert (found.request.method, found.request.url) == ("GET", "https://a.test/x")
    assert found.response.headers == [("Content-Type", "text/event-stream")]
    assert [(chunk.t_s, chunk.data) for chunk in found.chunks] == [(0.5, b"data: x\n\n")]


def test_an_old_flow_without_a_response_is_told() -> None:
    unanswered, good = read(record([0, 13], response=None), record([0, 13]))
    assert isinstance(unanswered, Skipped)
    assert "has no response" in unanswered.why
    assert isinstance(good, Imported)


def test_a_young_flow_is_left_to_mitmproxy() -> None:
    for state in (tflow.tflow(resp=True).get_state(), {b"version": [0, 18]}):
        assert old_flow(state) is None


def test_what_is_damaged_is_told() -> None:
    for junk in (None, 5, [], {}, b"x"):
        with pytest.raises(SourceError):
            read(record([0, 11], request=junk))


def test_text_of_a_websocket_may_be_text() -> None:
    state = tnetstring.load(io.BytesIO(tnetstring.dumps(tflow.twebsocketflow().get_state())))
    for message in state["websocket"]["messages"]:
        message[2] = message[2].decode()
    (found,) = read(state)
    assert isinstance(found, Imported)
    assert found.messages[1].data == b"hello text"
    assert mended({"websocket": None}) == {"websocket": None}


def test_a_handshake_that_comes_again_with_its_messages_is_left_out() -> None:
    handshake = tflow.tflow(resp=True)
    handshake.metadata["websocket"] = True
    assert read(handshake.get_state()) == []
