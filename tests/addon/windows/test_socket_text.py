from collections.abc import Callable

import pytest
from mitmproxy import http
from mitmproxy.test import tflow
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from ssetape.addon import flows
from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.reading import NotRecorded
from ssetape.addon.windows.shelf import Shelf
from ssetape.addon.windows.socket_text import SocketTexts, has_message

Keep = Callable[..., Kept]


def message(number: int, text: bytes | None = None) -> WebSocketMessage:
    kind = Opcode.TEXT if text is not None else Opcode.BINARY
    return WebSocketMessage(kind, bool(number % 2), text if text is not None else b"\xff\x00")


@pytest.fixture
def flow() -> http.HTTPFlow:
    found = tflow.twebsocketflow()
    found.metadata[flows.RECORDED] = {"capture": "/nowhere/x.ssetape"}
    assert found.websocket is not None
    found.websocket.messages.clear()
    return found


def come(flow: http.HTTPFlow, kept: Kept, number: int, text: bytes | None) -> WebSocketMessage:
    assert flow.websocket is not None
    flow.websocket.messages.append(message(number, text))
    kept.message_came(number / 2)
    return flow.websocket.messages[-1]


def test_each_message_has_its_time_gap_and_direction(flow: http.HTTPFlow, keep: Keep) -> None:
    found, texts = keep(flow), SocketTexts()
    first = come(flow, found, 1, b"hi\x1b[2J\nyou")
    second = come(flow, found, 2, None)
    assert texts.of(flow, second).splitlines() == [
        "     1.000     +0.500 █████▍    <-        2 B binary",
        "ff 00",
    ]
    time, *data = texts.of(flow, first).splitlines()
    assert time.split()[:2] == ["0.500", "+0.500"]
    assert time.endswith("->       10 B")
    assert data == ["hi\\x1b[2J", "you"]


def test_what_it_said_is_there_where_the_protocol_is_known(flow: http.HTTPFlow, keep: Keep) -> None:
    flow.request.url = "http://api.openai.com/v1/realtime"
    found, texts = keep(flow), SocketTexts()
    come(flow, found, 2, b'{"type":"session.created","event_id":"e","session":{"model":"m"}}')
    said = b'{"type":"response.output_text.delta","event_id":"e","delta":"caf\\u00e9"}'
    newest = come(flow, found, 4, said)
    assert '"café"' in texts.of(flow, newest)


def test_messages_that_are_let_go_of_leave_the_others_their_times(
    flow: http.HTTPFlow, keep: Keep
) -> None:
    found, texts = keep(flow, Shelf(8 * 10_000)), SocketTexts()
    for number in range(200):
        newest = come(flow, found, number, b"x" * 500)
        assert texts.of(flow, newest).split()[0] == f"{number / 2:.3f}"
    assert flow.websocket is not None
    oldest = flow.websocket.messages[0]
    assert len(flow.websocket.messages) < 20
    time, gap, *_ = texts.of(flow, oldest).split()
    assert float(time) > 80
    assert gap == "+0.500"


def test_other_messages_are_not_ours(flow: http.HTTPFlow, keep: Keep) -> None:
    texts, other = SocketTexts(), message(1, b"a")
    assert not has_message(flow, other)
    with pytest.raises(NotRecorded, match="has not recorded"):
        texts.of(flow, other)
    found = keep(flow)
    ours = come(flow, found, 1, b"a")
    assert has_message(flow, ours)
    with pytest.raises(NotRecorded, match="has not recorded"):
        texts.of(flow, other)


def test_messages_that_come_after_the_recording_have_no_times(
    flow: http.HTTPFlow, keep: Keep
) -> None:
    texts, ours = SocketTexts(), come(flow, keep(flow), 1, b"a")
    assert flow.websocket is not None
    flow.websocket.messages.append(message(2, b"b"))  # writing the capture has failed
    assert texts.of(flow, ours).split()[0] == "0.500"
    assert not has_message(flow, flow.websocket.messages[-1])
