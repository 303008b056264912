"""The sockets on which several processes serve one port."""

import socket
import sys

from ssetape.errors import ReplayError
from ssetape.output.refusals import cannot_listen

from ..server import BACKLOG

# Linux then gives each of several sockets its share of the connections; other systems give all of
# them to one.
_SHARES = sys.platform == "linux"


def listening(host: str, port: int, workers: int) -> list[list[socket.socket]]:
    """Return the listening sockets of each worker: one for each address of the host.

    On Linux, each worker has its own: with one socket for all, which of them accepts is a matter
    of luck (of 5,000 connections, one of four took 41 %, another 13 %). Who makes the sockets and
    keeps them loses no connection when a worker is killed: it waits for the next one.

    Raises:
        ReplayError: the address is not available.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
        each: list[list[socket.socket]] = []
        for family, (name, _, *rest) in addresses:
            each.append(_sockets(family, (name, port, *rest), workers))
            port = each[0][0].getsockname()[1]  # the one that was picked, if it was 0
    except (OSError, OverflowError) as error:
        raise ReplayError(cannot_listen(host, port, error)) from error
    return [list(of_worker) for of_worker in zip(*each, strict=True)]


def _sockets(
    family: socket.AddressFamily | int, address: tuple[object, ...], workers: int
) -> list[socket.socket]:
    # The first is bound as a single one: another server that shares the port is an error.
    first = _bound(family, address)
    sockets = [first]
    if _SHARES:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        address = first.getsockname()
        sockets += [_bound(family, address, shares=True) for _ in range(workers - 1)]
    for sock in sockets:
        sock.listen(BACKLOG)
    return sockets if _SHARES else sockets * workers


def _bound(
    family: socket.AddressFamily | int, address: tuple[object, ...], *, shares: bool = False
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if shares:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock
