"""What the tests of exports share."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.errors import ExportError

SOCKET = b"""\
{"ssetape":1,"id":"s","kind":"websocket","started":"2026-11-23T09:30:12.123456Z",\
"request":{"method":"GET","url":"wss://a.test/live?k=1","headers":[]}}
[0.1,"head",{"status":101,"reason":"Switching Protocols","headers":[]}]
[0.2,">","hi"]
[0.5,"<","caf\xc3\xa9"]
[0.75,"<b","AP8="]
[0.9,"end",{"reason":"complete","chunks":3,"bytes":9}]
"""


@pytest.fixture
def socket(capture_file: Callable[..., Any]) -> Capture:
    """A WebSocket: a text each way, and two bytes from the server."""
    return Capture(capture_file(SOCKET), name="socket.ssetape")


@pytest.fixture(scope="session")
def written() -> Callable[..., tuple[bytes, str]]:
    """What a format writes of captures, and what it complains of."""

    def write(form: Any, *captures: Capture) -> tuple[bytes, str]:
        out = io.BytesIO()
        try:
            form.write(captures, out)
        except ExportError as error:
            return out.getvalue(), str(error)
        return out.getvalue(), ""

    return write


@pytest.fixture(scope="session")
def chat() -> Callable[..., list[tuple[float, bytes]]]:
    """Chunks of a chat: each piece of text an event, a second after the one before."""

    def make(*pieces: str) -> list[tuple[float, bytes]]:
        events = [
            {"model": "m", "choices": [{"index": 0, "delta": {"content": p}}]} for p in pieces
        ]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        lines = [json.dumps(event) for event in events] + ["[DONE]"]
        return [(float(n + 1), f"data: {line}\n\n".encode()) for n, line in enumerate(lines)]

    return make
