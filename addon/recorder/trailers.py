"""Lets messages with trailers pass where mitmproxy would crash at them.

mitmproxy has trailers for HTTP/2 and HTTP/3 alone. It raises at those of an HTTP/1 message, before
any hook, and also where it would send trailers to an HTTP/1 peer; the client then waits for the
end of the response until it gives up. `install` changes its HTTP/1 layer in these two places, and
only there: trailers are read as those of HTTP/2 are, and an HTTP/1 peer gets the message without
them, as RFC 9112 (section 7.1.2) allows.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from mitmproxy import http
from mitmproxy.proxy import layers

# Names that another mitmproxy may not have: each is looked up where that is caught.
_layers: Any = layers.http
# With these words mitmproxy raises at trailers. A version without them is left as it is.
_REFUSAL = "HTTP trailers are not implemented yet."
# What HTTP/2 and HTTP/3 do not allow: RFC 9113, section 8.2.2.
_OF_THE_CONNECTION = (b"connection", b"keep-alive", b"proxy-connection", b"te")
_FORBIDDEN = frozenset((*_OF_THE_CONNECTION, b"transfer-encoding", b"upgrade"))

# A method of mitmproxy's HTTP/1 layer: takes an event, yields commands.
_Method = Callable[[Any, Any], Iterator[Any]]


def install() -> None:
    """Change mitmproxy's HTTP/1 layer, unless it needs no change or is not known here."""
    try:
        changes = _changes()
    except AttributeError:
        return  # another mitmproxy: all or nothing is changed
    for holder, name, changed in changes:
        setattr(holder, name, changed)


def make_sendable(message: http.Message) -> None:
    """Put the trailers of an HTTP/1 message into the form that HTTP/2 and HTTP/3 require."""
    if message.trailers and not (message.is_http2 or message.is_http3):
        fields = [(name.lower(), value) for name, value in message.trailers.fields]
        message.trailers = http.Headers(
            [(name, value) for name, value in fields if name not in _FORBIDDEN]
        )


def _changes() -> list[tuple[Any, str, Any]]:
    """What to put into which module or class, and under which name."""
    module = _layers._http1
    connection, server, client = module.Http1Connection, module.Http1Server, module.Http1Client
    if _REFUSAL not in connection.read_body.__code__.co_consts:
        return []
    return [
        (module, "ChunkedReader", _reader(module.ChunkedReader)),
        (connection, "read_body", _reading(connection.read_body)),
        (server, "send", _sending(server.send)),
        (client, "send", _sending(client.send)),
    ]


def _reader(base: Any) -> Any:
    """A reader of chunked bodies that keeps trailers to itself."""
    end_of_message = _layers._http1.h11.EndOfMessage

    class Reader(base):  # type: ignore[misc]
        trailers: http.Headers | None = None

        def __call__(self, buffer: Any) -> Any:
            event = super().__call__(buffer)
            if isinstance(event, end_of_message) and event.headers:
                self.trailers = http.Headers(event.headers.raw_items())
                return end_of_message()
            return event

    return Reader


def _reading(read_body: _Method) -> Any:
    """`read_body`, with the reader's trailers before the end of the message."""
    receive = _layers.ReceiveHttp
    trailers_before = {
        _layers.RequestEndOfMessage: _layers.RequestTrailers,
        _layers.ResponseEndOfMessage: _layers.ResponseTrailers,
    }

    @wraps(read_body)
    def reading(self: Any, event: Any) -> Iterator[Any]:
        reader = self.body_reader  # the next message, if it is here already, has its own
        for command in read_body(self, event):
            if (trailers := getattr(reader, "trailers", None)) is not None:
                reader.trailers = None
                kind = trailers_before[type(command.event)]
                yield receive(kind(command.event.stream_id, trailers))
            yield command

    return reading


def _sending(send: _Method) -> Any:
    """`send`, which ignores trailers."""
    ignored = (_layers.RequestTrailers, _layers.ResponseTrailers)

    @wraps(send)
    def sending(self: Any, event: Any) -> Iterator[Any]:
        if not isinstance(event, ignored):
            yield from send(self, event)

    return sending
