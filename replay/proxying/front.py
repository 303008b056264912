"""What makes the exact server a proxy: it opens tunnels, and is whatever server they lead to.

Nothing is ever connected to. A host that no capture is of gets the same explanation of a miss as
any other request, after TLS, so that its client can read it.
"""

import asyncio
import ssl
from dataclasses import replace

from ssetape.local_only import hostname
from ssetape.recording.unreachable import NOT_TRUSTED
from ssetape.recording.unrecorded import Failure, unrecorded
from ssetape.requests.background import is_background
from ssetape.requests.location import located

from ..exchange import ClientRequest, Say
from ..shelf import Shelf
from ..wire.connection import Connection
from ..wire.http1 import Http1Connection
from ..wire.service import Service
from ..wire.tls_connection import TlsConnection
from . import addressing
from .identities import Identities
from .opening import SOCKS_5, TLS, Opening
from .socks import SocksConnection


class ProxyFront:
    """The front of a proxy, or of a tunnel in it.

    Attributes:
        certificate_path: the file of the CA that clients have to trust, PEM.
        requests: the number of requests that have come, those for tunnels among them.
    """

    _service: Service

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self.certificate_path = identities.authority.certificate_path
        self.requests = 0

    def begin(self, service: Service, shelf: Shelf) -> None:
        """Stand before a service."""
        self._service = replace(service, front=self)
        hosts = (located(capture.request.url).host for capture in shelf.captures)
        self._identities.prepare(hostname(host) for host in hosts)

    def accepted(self) -> Connection:
        """Return what a client's new connection begins with. It may speak TLS to the proxy, too."""
        return Opening(self._service, {TLS: self._secured_itself, SOCKS_5: self._socks})

    def tunnel(self, target: str) -> Connection:
        self.requests += 1
        host = addressing.tunnel_host(target)
        inner = replace(self._service, front=_TunnelFront(target))
        return Opening(inner, {TLS: lambda _: self._secured(inner, host)})

    def addressed(self, asked: ClientRequest) -> ClientRequest:
        self.requests += 1
        return addressing.addressed(asked)

    def ignored(self, asked: ClientRequest) -> Say | None:
        return _background(asked)

    def _socks(self, transport: asyncio.Transport) -> SocksConnection:
        return SocksConnection(self._service, self.tunnel)

    def _secured(self, inner: Service, host: str) -> TlsConnection:
        """The TLS connection in a tunnel to a host."""
        return self._over_tls(inner, host, self._identities.of(host))

    def _secured_itself(self, transport: asyncio.Transport) -> TlsConnection:
        """The TLS connection to the proxy itself."""
        address = str(transport.get_extra_info("sockname")[0]).partition("%")[0]
        return self._over_tls(self._service, address, self._identities.of_the_proxy(address))

    def _over_tls(self, service: Service, host: str, context: ssl.SSLContext) -> TlsConnection:
        return TlsConnection(
            service,
            context,
            lambda: Http1Connection(service),
            lambda reason: self._note_failure(host, reason),
        )

    def _note_failure(self, host: str, reason: str) -> None:
        """Say once a host that a client does not take the server for it."""
        if reason in _NO_TRUST:
            why = NOT_TRUSTED
            is_new = unrecorded.add_failure(Failure(host, why.reason, why.advice))
            if is_new:
                advice = f"let it trust {self.certificate_path}"
                self._service.log(f"no answer from {host}: {why.reason}; {advice}")
        else:
            self._service.log(f"{host}: the TLS handshake failed: {reason}")


class _TunnelFront:
    """The front of what is in a tunnel to `host:port`, where there is no further one."""

    def __init__(self, target: str) -> None:
        self._target = target

    def tunnel(self, target: str) -> Connection:
        raise addressing.TunnelError(
            f"CONNECT {target!r:.100} within a tunnel: expected a request for the tunnel's host"
        )

    def addressed(self, asked: ClientRequest) -> ClientRequest:
        return addressing.addressed(asked, self._target)

    def ignored(self, asked: ClientRequest) -> Say | None:
        return _background(asked)


# What OpenSSL calls the alerts of clients that do not trust a certificate.
_NO_TRUST = frozenset(
    {
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    }
)


def _background(asked: ClientRequest) -> Say | None:
    """The answer to what a browser asks of its own accord: nothing; None for other requests."""
    host = hostname(asked.host)
    headers = {name.lower(): value for name, value in asked.headers}
    if not is_background(asked.scheme, host, headers):
        return None
    unrecorded.add_background(host)
    return Say(204, b"", f"{asked.method} {host} <- nothing: the browser's own request", [])
