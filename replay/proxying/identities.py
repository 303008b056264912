"""The proxy's TLS contexts: for each host a certificate, made when first asked for, and kept."""

import ipaddress
import os
import ssl
import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..wire import tls
from .addressing import is_host
from .authority import Authority

# Contexts that are kept; the least recently used goes first. A page asks some dozens of hosts.
KEPT = 500
# Making one takes about a millisecond, in which no stream goes on: so many are made beforehand.
BEFOREHAND = 50


class Identities:
    """TLS contexts by host, with certificates of one CA."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self._kept: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._own: dict[str, ssl.SSLContext] = {}  # this machine has few addresses

    def prepare(self, hosts: Iterable[str]) -> None:
        """Make the contexts of the first of these hosts beforehand."""
        for host in [host for host in dict.fromkeys(hosts) if is_host(host)][:BEFOREHAND]:
            self.of(host)

    def of(self, host: str) -> ssl.SSLContext:
        """Return the context for a host, for HTTP/1.1 and HTTP/2.

        A client that names another host in its handshake gets that one's certificate.
        """
        host = host.lower().removesuffix(".")
        if host in self._kept:
            self._kept.move_to_end(host)
            return self._kept[host]
        made = self._made([host])
        made.sni_callback = self._named
        self._kept[host] = made
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made

    def of_the_proxy(self, address: str) -> ssl.SSLContext:
        """Return the context for clients that speak TLS to the proxy itself, at an address.

        Over HTTP/1.1 alone: there are no tunnels over HTTP/2.
        """
        if address not in self._own:
            self._own[address] = self._made([address, "localhost"])
            self._own[address].set_alpn_protocols(["http/1.1"])
        return self._own[address]

    def _made(self, hosts: list[str]) -> ssl.SSLContext:
        with _file(self.authority.issue(hosts)) as path:
            return tls.context(path)

    def _named(self, shaking: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if name is not None and is_host(name) and not _is_address(name):
            shaking.context = self.of(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    """A file that exists only in this block: Python reads keys from files alone.

    Where the system can, it is one in memory.
    """
    if hasattr(os, "memfd_create") and os.path.exists("/proc/self/fd"):
        handle = os.memfd_create("ssetape-certificate", os.MFD_CLOEXEC)
        try:
            os.write(handle, data)
            yield Path(f"/proc/self/fd/{handle}")
        finally:
            os.close(handle)
        return
    with tempfile.NamedTemporaryFile(prefix="ssetape-", suffix=".pem") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)
