"""A fingerprint of what an exchange says, and when: tells whether anything was edited. Pure."""

import hashlib
from typing import Any

from ssetape.format import encode
from ssetape.format.values import Chunk, Headers, Message, Request, Response
from ssetape.loose_json import dumped


class Digest:
    """The SHA-256 of an exchange, fed in its order. Times count to the microsecond."""

    def __init__(self, request: Request) -> None:
        self._hash = hashlib.sha256()
        body = encode.body_field(request.body)
        self._add(
            "request", request.method, request.url, request.http_version, request.headers, body
        )

    def head(self, response: Response) -> None:
        """Add the response head."""
        self._add("head", _time(response.t_s), encode.head(response))

    def chunk(self, chunk: Chunk) -> None:
        """Add a chunk of the body."""
        self._add("chunk", _time(chunk.t_s), len(chunk.data))
        self._hash.update(chunk.data)

    def message(self, message: Message) -> None:
        """Add a message of a WebSocket."""
        self._add("message", _time(message.t_s), len(message.data), [*message[1:3], *message[4:]])
        self._hash.update(message.data)

    def trailers(self, t_s: float, headers: Headers) -> None:
        """Add the trailers."""
        self._add("trailers", _time(t_s), headers)

    def end(self, t_s: float, fields: dict[str, Any]) -> None:
        """Add the end."""
        self._add("end", _time(t_s), fields)

    @property
    def text(self) -> str:
        """The digest so far, in hexadecimal."""
        return self._hash.hexdigest()

    def _add(self, *values: object) -> None:
        self._hash.update(dumped(values) + b"\n")


def _time(t_s: float) -> str:
    return f"{t_s:.6f}"
