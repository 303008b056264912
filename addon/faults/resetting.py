"""Closes a client's connection with a reset, where its transport allows that."""

import socket
import struct

from mitmproxy import ctx
from mitmproxy.connection import Client

# Closing then discards what is unsent, and sends RST in place of FIN: socket(7), SO_LINGER.
_AT_ONCE = struct.pack("ii", 1, 0)


def reset_when_closed(client: Client) -> bool:
    """Have the next close of a connection reset it; returns whether that can be.

    It cannot for what is no TCP socket of this process: WireGuard, local capture, HTTP/3.
    """
    try:
        handlers = ctx.master.addons.get("proxyserver").connections.values()
        (handler,) = (each for each in handlers if each.client is client)
        found = handler.transports[client].writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    except (AttributeError, KeyError, ValueError, OSError):
        return False
    return True
