"""An HTTP/2 request while it is being received."""

from ssetape.format.encode import ascii_url
from ssetape.format.values import Headers

from ..exchange import ClientRequest


class Http2Request:
    """A request; its body grows as it is received.

    Args:
        fields: its headers, pseudo-headers among them.
    """

    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None:
        self.method = ""
        self._target = "/"
        self._headers: Headers = []
        authority = ""
        for name, value in fields:
            if name == b":method":
                self.method = value.decode("latin-1")
            elif name == b":path":
                self._target = ascii_url(value)
            elif name == b":authority":
                authority = value.decode("latin-1")
            elif not name.startswith(b":"):
                self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if authority and not any(name == "host" for name, _ in self._headers):
            self._headers.append(("host", authority))
        self.body = bytearray()  # a list of tiny pieces would be large

    def asked(self) -> ClientRequest:
        """The request, to be answered."""
        return ClientRequest(self.method, self._target, self._headers, bytes(self.body))
