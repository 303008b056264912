"""An HTTP/1.1 request while it is being received."""

from dataclasses import dataclass, field
from functools import cached_property

import h11

from ssetape.format.values import Headers

from ..exchange import ClientRequest


@dataclass(frozen=True)
class Http1Head:
    """The head of a request, in which a character stands for a byte."""

    method: str
    target: str
    headers: Headers
    is_http_1_0: bool = False

    @classmethod
    def of(cls, head: h11.Request) -> "Http1Head":
        """The head as h11 has read it."""
        return cls(
            head.method.decode("latin-1"),
            head.target.decode("latin-1"),
            [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in head.headers.raw_items()
            ],
            head.http_version < b"1.1",
        )

    @property
    def wants_no_body(self) -> bool:
        return self.method == "HEAD"

    @cached_property
    def closes(self) -> bool:
        """Whether the connection closes after the answer."""
        return self.is_http_1_0 or any(
            name.lower() == "connection" and "close" in value.lower()
            for name, value in self.headers
        )

    @cached_property
    def alone(self) -> ClientRequest:
        """The request that has no body."""
        return ClientRequest(self.method, self.target, self.headers)


@dataclass(slots=True)
class Http1Request:
    """A request; its body grows as it is received."""

    head: Http1Head
    body: bytearray = field(default_factory=bytearray)  # a list of tiny pieces would be large

    def asked(self) -> ClientRequest:
        """The request, to be answered."""
        head = self.head
        if not self.body:
            return head.alone
        return ClientRequest(head.method, head.target, head.headers, bytes(self.body))
