"""An HTTP/1.1 request while it is being received."""

from dataclasses import dataclass, field

import h11

from ..exchange import ClientRequest


@dataclass(slots=True)
class Http1Request:
    """A request; its body grows as it is received."""

    head: h11.Request
    body: bytearray = field(default_factory=bytearray)  # a list of tiny pieces would be large

    @property
    def is_http_1_0(self) -> bool:
        return self.head.http_version < b"1.1"

    @property
    def wants_no_body(self) -> bool:
        return self.head.method == b"HEAD"

    @property
    def closes(self) -> bool:
        """Whether the connection closes after the answer."""
        return self.is_http_1_0 or any(
            name == b"connection" and b"close" in value.lower() for name, value in self.head.headers
        )

    def add(self, data: bytes) -> None:
        """Add a piece of the body."""
        self.body += data

    def asked(self) -> ClientRequest:
        """The request, to be answered."""
        headers = self.head.headers.raw_items()
        return ClientRequest(
            method=self.head.method.decode("latin-1"),
            target=self.head.target.decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            body=bytes(self.body),
        )
