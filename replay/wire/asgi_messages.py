"""Translates between ASGI's scopes and messages and the server's requests and answers.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from ssetape.format.encode import ascii_url
from ssetape.format.values import Headers

from ..exchange import ClientRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def left(receive: Receive) -> None:
    """Wait until the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass


def refusing(send: Send) -> Send:
    """Send an answer as the refusal of a WebSocket.

    https://asgi.readthedocs.io/en/latest/extensions.html#websocket-denial-response
    """

    async def refuse(message: MutableMapping[str, Any]) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return refuse


def start(status: int, headers: Headers) -> dict[str, Any]:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": encoded}


def asked(scope: Scope, method: str, body: bytes) -> ClientRequest:
    """The request, without the path at which the application is mounted."""
    path = ascii_url(scope.get("raw_path") or quote(scope["path"]).encode())
    root = quote(scope.get("root_path", "").rstrip("/"))
    if root and (path == root or path.startswith(f"{root}/")):
        path = path[len(root) :] or "/"
    query = ascii_url(scope.get("query_string", b""))
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]
    target = f"{path}?{query}" if query else path
    return ClientRequest(method, target, headers, body, scope.get("scheme", "http"))
