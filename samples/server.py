"""A sample server that streams like real chat systems: python samples/server.py

Every stream is a script (see streams.py): one HTTP chunk for each scripted chunk, sent at its
scripted time. A recording can therefore be compared with what was sent.
"""

import argparse
import contextlib
import json
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

if not __package__:  # run as a file, which then belongs to no package (PEP 366)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "samples"

from .chat import MODELS, SESSION, SESSION_COOKIE, answer, conversation_detail, conversation_list
from .streams import EVENT_SOURCE_LAST_ID, FLASK, STREAMS, Headers, Stream, event_source

ROUTES = {
    "GET /": "the chat page",
    "GET /auth/session": "who is signed in, with an access token and a cookie",
    "GET /models": "the models to choose from",
    "GET /conversations": "a page of the conversations: ?offset=0&limit=20",
    "GET /conversation/<id>": "one conversation with its messages",
    "POST /conversation": 'the streamed answer to {"message", "model"?, "encoding"?: full | delta}',
    "GET /events": "for EventSource: ids, retry, resumes after Last-Event-ID, 204 after the last",
    "GET /flask": "five ticks, as a generator in a Flask view writes them",
    "GET /streams": "the named streams, one sentence each",
    "GET /streams/<name>": "one of them: " + ", ".join(STREAMS),
}

PAGE = Path(__file__).with_name("chat.html")
BODY_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """A response whose bytes are all sent at once."""

    status: HTTPStatus
    headers: Headers = ()
    body: bytes = b""


class Refusal(Exception):
    """The answer to a bad request: a status and a JSON error."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _json(value: object, *headers: tuple[str, str], status: HTTPStatus = HTTPStatus.OK) -> Reply:
    body = json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
    return Reply(status, (("Content-Type", "application/json"), *headers), body)


def respond(method: str, target: str, headers: Message, body: bytes) -> Reply | Stream:
    """The response to a request.

    Raises:
        Refusal: there is no such resource, or the request is invalid.
    """
    path, _, query = target.partition("?")
    match method, path.split("/")[1:]:
        case "GET", [""]:
            html = (("Content-Type", "text/html; charset=utf-8"),)
            return Reply(HTTPStatus.OK, html, PAGE.read_bytes())
        case "GET", ["auth", "session"]:
            return _json(SESSION, ("Set-Cookie", SESSION_COOKIE))
        case "GET", ["models"]:
            return _json(MODELS)
        case "GET", ["conversations"]:
            return _json(
                conversation_list(_number(query, "offset", 0), _number(query, "limit", 20))
            )
        case "GET", ["conversation", conversation_id]:
            detail = conversation_detail(conversation_id)
            if detail is None:
                raise Refusal(HTTPStatus.NOT_FOUND, f"no conversation {conversation_id!r}")
            return _json(detail)
        case "POST", ["conversation"]:
            return _answer(body)
        case "GET", ["events"]:
            seen = headers.get("Last-Event-ID", "")
            after_id = int(seen) if re.fullmatch("[0-9]{1,9}", seen) else 0
            if after_id >= EVENT_SOURCE_LAST_ID:
                return Reply(HTTPStatus.NO_CONTENT)  # the one answer that stops an EventSource
            return event_source(after_id)
        case "GET", ["flask"]:
            return FLASK
        case "GET", ["streams"]:
            return _json({name: stream.about for name, stream in STREAMS.items()})
        case "GET", ["streams", name] if name in STREAMS:
            return STREAMS[name]
    raise Refusal(HTTPStatus.NOT_FOUND, f"no route for {method} {path}")


def _number(query: str, name: str, default: int) -> int:
    text = parse_qs(query, keep_blank_values=True).get(name, [str(default)])[-1]
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name} must be a whole number, not {text!r}")
    return int(text)


def _answer(body: bytes) -> Stream:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from error
    match request:
        case {"message": str(message)} if message.strip():
            model = request.get("model", MODELS["models"][0]["slug"])
            encoding = request.get("encoding", "full")
            if isinstance(model, str) and encoding in ("full", "delta"):
                return answer(message, model, encoding)
    wanted = '{"message": text, "model"?: text, "encoding"?: "full" | "delta"}'
    raise Refusal(HTTPStatus.BAD_REQUEST, f"the body must be {wanted}")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients often disconnect in the middle of a stream: that is not an error.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "ssetape-samples"
    sys_version = ""
    disable_nagle_algorithm = True  # a chunk is sent when it is written, not with the next one

    def do_GET(self) -> None:
        requested_s = time.monotonic()
        response: Reply | Stream
        try:
            response = respond(self.command, self.path, self.headers, self._body())
        except Refusal as refusal:
            response = _json({"error": str(refusal)}, status=refusal.status)
        if isinstance(response, Stream):
            self._send_stream(response, requested_s)
        else:
            self._send_reply(response)

    do_POST = do_GET

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,9}", length):
            self.close_connection = True  # the start of the next request is unknown
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "a body needs a Content-Length")
        if int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"over {BODY_LIMIT_BYTES} bytes")
        return self.rfile.read(int(length))

    def _send_head(self, status: int, headers: Headers) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _send_reply(self, reply: Reply) -> None:
        length = ("Content-Length", str(len(reply.body)))
        empty = reply.status == HTTPStatus.NO_CONTENT
        self._send_head(reply.status, reply.headers if empty else (*reply.headers, length))
        self.wfile.write(reply.body)

    def _send_stream(self, stream: Stream, requested_s: float) -> None:
        self._wait_until(requested_s + stream.head_s)
        self._send_head(stream.status, (*stream.headers, ("Transfer-Encoding", "chunked")))
        for piece in stream.pieces:
            self._wait_until(requested_s + piece.t_s)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece.data), piece.data))
        if stream.end == "complete":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _wait_until(self, moment_s: float) -> None:
        while (left_s := moment_s - time.monotonic()) > 0:
            if self.server.stopping.wait(left_s):
                raise ConnectionAbortedError("the server is stopping")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the terminal belongs to the test or person that runs the server."""


class SampleServer:
    """The sample server, on a background thread until `stop()` or the end of its `with` block.

    Port 0 picks a free one, which `port` and `url` contain.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port))
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},  # seconds: how long stop() may have to wait
            name=f"sample server {self.port}",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Stop listening, and cut all open connections, including streams."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in tuple(self._server.connections):
            with contextlib.suppress(OSError):  # its own thread may have closed it just now
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def main() -> None:
    """Serve in the foreground until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A server that streams like chat systems.")
    parser.add_argument("--port", type=int, default=8765, help="0 picks a free one (default: 8765)")
    port = parser.parse_args().port
    try:
        server = SampleServer(port=port)
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen on port {port}: {error}")
    with server, contextlib.suppress(KeyboardInterrupt):
        print(server.url, *(f"  {route:<23} {what}" for route, what in ROUTES.items()), sep="\n")
        print("Ctrl-C stops it.", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
