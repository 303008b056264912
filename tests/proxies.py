"""Real proxies, and the servers and clients on either side of them, for tests of recording.

The servers and clients are raw: a test decides what each side sends, when, and how it leaves.
Both live in the test's process, so the one can wait until the other has seen something.
"""

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import ssetape
from ssetape.capture import Capture
from ssetape.recording.naming import kind_of

REPOSITORY = Path(__file__).resolve().parents[1]
RECORD = REPOSITORY / "addon" / "record.py"
TIMEOUT_S = 15.0  # for what should never happen; no test waits for it

EVENT_STREAM = "Content-Type: text/event-stream"


T = TypeVar("T")


class Cut(Exception):
    """The connection ended where the response had not."""


# Servers


class Exchange:
    """A request that an origin has read, and the way to answer it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._file = sock.makefile("rb")
        line = self._file.readline()
        if not line:
            raise ConnectionResetError("no request came")
        self.method, self.target, _ = line.decode("latin-1").split(" ", 2)
        fields = iter(lambda: self._file.readline().decode("latin-1").strip(), "")
        self.headers = {n.lower(): v for n, v in (field.split(": ", 1) for field in fields)}
        self.body = self._file.read(int(self.headers.get("content-length", "0")))

    def head(self, *fields: str, status: str = "200 OK", chunked: bool = True) -> None:
        """Send the head; `chunked` announces chunks, otherwise `fields` have to tell."""
        framing = ["Transfer-Encoding: chunked"] if chunked else []
        lines = [f"HTTP/1.1 {status}", *(fields or (EVENT_STREAM,)), *framing, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self.send(b"0\r\n\r\n")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self, size: int) -> bytes:
        """Further bytes of the request as they are on the wire."""
        return self._file.read(size)

    def wait_for_the_other_side_to_leave(self) -> None:
        self._file.read()

    def reset(self) -> None:
        reset(self.sock)
        self._file.close()

    def close(self) -> None:
        self._file.close()
        close(self.sock)


Handler = Callable[[Exchange], None]


class Origin:
    """A raw HTTP/1.1 server. A connection carries one exchange, and is closed after it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._handlers: dict[str, Handler] = {}
        self._numbers = count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, handler: Handler, name: str = "stream") -> str:
        """Give the URL, used by nobody else, where `handler` answers."""
        path = f"/{name}-{next(self._numbers)}"
        self._handlers[path] = handler
        return self.url + path

    def serve_at(self, path: str, handler: Handler) -> str:
        """Have `handler` answer at a path of the caller's choice; gives the URL."""
        self._handlers[path] = handler
        return self.url + path

    def close(self) -> None:
        # close() alone leaves a thread that sits in accept() where it is.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(sock,), daemon=True).start()

    def _handle(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(TIMEOUT_S)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            exchange = Exchange(sock)
            try:
                self._handlers[exchange.target.partition("?")[0]](exchange)
            finally:
                exchange.close()
        except OSError:
            pass  # the other side has gone, which many a test wants
        finally:
            close(sock)


def reset(sock: socket.socket) -> None:
    """Close so that the other side gets a reset, and nothing that was still on its way."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # A file made from the socket would keep the descriptor open.
    os.close(sock.detach())


def close(sock: socket.socket) -> None:
    """Close at once, also where a file was made from the socket."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


# Clients


class Client:
    """One request through a proxy, over a socket of its own."""

    def __init__(
        self,
        proxy_port: int,
        url: str,
        *fields: str,
        method: str = "GET",
        body: bytes = b"",
        direct: bool = False,
    ) -> None:
        parts = urlsplit(url)
        # Everything as it is in `url`: what is odd in it is there on purpose.
        authority, _, target = url.partition("://")[2].partition("/")
        self.sock = connect(proxy_port, parts.netloc if parts.scheme == "https" else None)
        self._file = self.sock.makefile("rb")
        whole = f"/{target}" if direct or parts.scheme == "https" else url
        lines = [f"{method} {whole} HTTP/1.1", f"Host: {authority.rpartition('@')[2]}", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self.status = 0
        self.headers: dict[str, str] = {}

    def head(self) -> int:
        """Read the head; gives the status."""
        line = self._file.readline()
        if not line:
            raise Cut
        self.status = int(line.split()[1])
        fields = iter(lambda: self._file.readline().decode("latin-1").strip(), "")
        self.headers = {n.lower(): v for n, v in (field.split(": ", 1) for field in fields)}
        return self.status

    def chunk(self) -> bytes | None:
        """The next chunk, or None after the last; raises Cut."""
        try:
            line = self._file.readline()
            if not line.endswith(b"\n"):
                raise Cut
            size = int(line, 16)
            data = self._file.read(size + 2)
        except ConnectionError as error:
            raise Cut from error
        if len(data) < size + 2:
            raise Cut
        return data[:-2] if size else None

    def chunks(self) -> Iterator[bytes]:
        """The chunks from here to the last; raises Cut."""
        while (data := self.chunk()) is not None:
            yield data

    def read(self, size: int = -1) -> bytes:
        """Body bytes as they are on the wire."""
        return self._file.read(size)

    def read_some(self) -> bytes:
        """Whatever body bytes there are next, b"" at the end."""
        return self._file.read1(1 << 16)

    def read_to_the_end(self) -> bytes:
        """All further bytes on the wire, until the connection ends in whatever way."""
        received = []
        with contextlib.suppress(ConnectionError):
            while data := self.read_some():
                received.append(data)
        return b"".join(received)

    def reset(self) -> None:
        reset(self.sock)
        self._file.close()

    def close(self) -> None:
        self._file.close()
        close(self.sock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def connect(
    proxy_port: int, tunnel_to: str | None, alpn: Sequence[str] = ("http/1.1",)
) -> socket.socket:
    """A connection to the proxy, or through it, with TLS, to the authority `tunnel_to`."""
    sock = socket.create_connection(("127.0.0.1", proxy_port), timeout=TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tunnel_to is None:
        return sock
    sock.sendall(f"CONNECT {tunnel_to} HTTP/1.1\r\nHost: {tunnel_to}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = sock.recv(1)
        if not piece:
            raise Cut
        answer += piece
    assert answer.startswith(b"HTTP/1.1 200"), answer
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # whom to trust is tested elsewhere
    context.set_alpn_protocols(list(alpn))
    return context.wrap_socket(sock, server_hostname=tunnel_to.partition(":")[0])


def fetch(proxy_port: int, url: str, *fields: str, **request: Any) -> list[bytes]:
    """The chunks of a response that is complete and chunked."""
    with Client(proxy_port, url, *fields, **request) as client:
        client.head()
        return list(client.chunks())


# Proxies


class Mitmdump:
    """A mitmdump process that runs addon/record.py, loaded as people load it.

    Args:
        confdir: mitmproxy's folder; a shared one saves the making of keys.
        tape_dir: None leaves the option alone.
        options: further `name=value` options.
        scripts: what is loaded with -s, in this order.
        wrapper: a command that mitmdump is the argument of.
    """

    def __init__(
        self,
        confdir: Path,
        tape_dir: Path | str | None,
        *options: str,
        scripts: Sequence[Path | str] = (RECORD,),
        wrapper: Sequence[str] = (),
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.tape_dir = Path(tape_dir) if tape_dir is not None else Path("captures")
        settings = [f"confdir={confdir}", "flow_detail=0", "ssl_insecure=true", *options]
        if tape_dir is not None:
            settings.append(f"tape_dir={tape_dir}")
        command = [*wrapper, str(Path(sys.executable).with_name("mitmdump"))]
        command += ["--listen-host", "127.0.0.1", "--listen-port", "0"]
        for script in scripts:
            command += ["-s", str(script)]
        for setting in settings:
            command += ["--set", setting]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
        )
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """All that it has said so far."""
        return "\n".join(self._lines)

    @property
    def port(self) -> int:
        """Where it listens; waits until it does."""
        return int(self.wait_for(r"listening at \S*:(\d+)")[1])

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the log has `pattern`."""
        deadline_s = time.monotonic() + TIMEOUT_S
        with self._news:
            while (found := re.search(pattern, self.log)) is None:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or not self._reader.is_alive():
                    raise AssertionError(f"{pattern!r} is not in the log:\n{self.log}")
                self._news.wait(min(left_s, 0.5))
        return found

    def capture(self, url: str) -> Capture:
        """The capture of the exchange with `url`, once that has ended."""
        return ended_capture(self.tape_dir, url)

    def wait(self) -> int:
        """Wait until it has exited by itself; gives its exit code."""
        code = self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the exit."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line.rstrip("\n"))
                self._news.notify_all()


@contextmanager
def in_process(confdir: Path, *addons: object, **options: Any) -> Iterator[int]:
    """mitmproxy in a thread of this process with `addons`, in this order; gives its port.

    For tests that put something else into the proxy, or break something in the recorder.
    """
    # Imported here: a second, and no test but these needs it.
    from mitmproxy.options import Options
    from mitmproxy.tools.dump import DumpMaster

    ready = threading.Event()
    masters: list[DumpMaster] = []

    class Ready:
        def running(self) -> None:
            ready.set()

    async def run() -> None:
        settings = Options(
            listen_host="127.0.0.1", listen_port=0, mode=["regular"], confdir=str(confdir)
        )
        master = DumpMaster(settings, with_termlog=False, with_dumper=False)
        masters.append(master)
        master.addons.remove(master.addons.get("errorcheck"))
        master.addons.add(*addons, Ready())
        master.options.update(ssl_insecure=True, **options)
        await master.run()
        # mitmproxy leaves its sockets to the end of the process.
        proxyserver = master.addons.get("proxyserver")
        await proxyserver.servers.update([])
        for connection in list(proxyserver.connections.values()):
            for transport in connection.transports.values():
                if transport.writer is not None:
                    transport.writer.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(TIMEOUT_S)
    try:
        address, *_ = masters[0].addons.get("proxyserver").listen_addrs()
        yield address[1]
    finally:
        masters[0].shutdown()
        thread.join(TIMEOUT_S)


@contextmanager
def in_context(addon: object, **options: Any) -> Iterator[None]:
    """The addon with mitmproxy's options around it, and no proxy."""
    from mitmproxy.test import taddons

    handlers = logging.getLogger().handlers[:]
    with asyncio.Runner() as runner:

        async def enter() -> taddons.context:
            return taddons.context(addon)

        try:
            # Outside of a loop it makes one that nobody closes.
            with runner.run(enter()) as context:
                context.configure(addon, **options)
                yield
        finally:
            # Its own stays behind, and fails without its loop.
            logging.getLogger().handlers[:] = handlers


def captures(folder: Path) -> list[Capture]:
    """All captures in a folder, in the order in which they were recorded."""
    found = map(ssetape.open, folder.glob("*.ssetape"))
    return sorted(found, key=lambda capture: capture.started)


def ended_capture(folder: Path, url: str) -> Capture:
    """The capture of the exchange with `url` (without its query), once that has ended."""
    capture = wait_until(lambda: _find(folder, url, ended=True), f"a capture of {url} that ended")
    assert capture is not None
    return capture


def running_capture(folder: Path, url: str) -> Capture:
    """The capture of the exchange with `url` (without its query), ended or not."""
    capture = wait_until(lambda: _find(folder, url, ended=False), f"a capture of {url}")
    assert capture is not None
    return capture


def _find(folder: Path, url: str, *, ended: bool) -> Capture | None:
    for path in folder.glob(f"{kind_of(url)}*.ssetape"):
        with contextlib.suppress(ssetape.SsetapeError):  # its first line is being written
            capture = ssetape.open(path)
            if capture.request.url.partition("?")[0] == url and (capture.end or not ended):
                return capture
    return None


def wait_until(found: Callable[[], T], what: str) -> T:
    """Give what `found` gives as soon as that is true."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not (result := found()):
        assert time.monotonic() < deadline_s, f"waited in vain for {what}"
        time.sleep(0.01)
    return result


# Certificates


def server_context(folder: Path, alpn: Sequence[str] = ("http/1.1",)) -> ssl.SSLContext:
    """TLS for a server on 127.0.0.1, with a certificate of its own that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(list(alpn))
    return context
