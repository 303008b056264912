"""Takes the bytes of HTTP/1 messages apart, as other tools keep them: heads, and framed bodies."""

import re

import h11

from ssetape.errors import SourceError
from ssetape.format.values import Headers
from ssetape.imports._fields import header_value

STATUS_LINE = re.compile(r"(HTTP/[0-9.]+) +([1-9][0-9]{2})(?: +(.*))?$")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def split_head(message: bytes) -> tuple[bytes, bytes] | None:
    """The head of a message with its empty line, and the rest; None if the head does not end."""
    end = _HEAD_END.search(message)
    return None if end is None else (message[: end.end()], message[end.end() :])


def unframed(
    head: bytes, method: str, received: list[tuple[float, bytes]]
) -> tuple[list[tuple[float, bytes]], bool]:
    """The body's bytes without HTTP/1.1's framing, and whether the body is complete."""
    client = h11.Connection(h11.CLIENT)
    chunks: list[tuple[float, bytes]] = []
    try:
        # Of methods only these matter here, and others may be no token.
        framing = method if method in ("HEAD", "CONNECT") else "GET"
        client.send(h11.Request(method=framing, target="/", headers=[("host", "x")]))
        client.send(h11.EndOfMessage())
        client.receive_data(head)
        client.next_event()
        for t_s, data in [*received, (0.0, b"")]:
            client.receive_data(data)
            while True:
                event = client.next_event()
                if isinstance(event, h11.Data):
                    chunks.append((t_s, bytes(event.data)))
                elif isinstance(event, h11.EndOfMessage):
                    return chunks, True
                else:
                    break
    except h11.RemoteProtocolError as error:
        if received and not chunks:  # curl removed the framing before it traced the body
            return received, True
        if "incomplete" in str(error) or "without sending complete" in str(error):
            return chunks, False
        raise SourceError(f"the body is not framed as the head says: {error}") from error
    return chunks, False


def read_head(head: bytes) -> tuple[str, Headers]:
    """The first line of a head, and its headers."""
    first, *lines = head.decode("latin-1").split("\n")
    headers: Headers = []
    for line in lines:
        if line[:1] in (" ", "\t") and line.strip() and headers:  # folded: RFC 9112, 5.2
            name, value = headers[-1]
            headers[-1] = name, f"{value} {header_value(line)}".strip()
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.append((name.strip(), header_value(value)))
    return first.strip(), headers


def version_of(found: str) -> str:
    """An HTTP version as captures have it."""
    return {"HTTP/2": "HTTP/2.0", "HTTP/3.0": "HTTP/3"}.get(found, found)
