"""The hosts that captures came from, beside those that clients ask. Pure."""

from collections.abc import Iterable

from ssetape.capture import Capture
from ssetape.requests.location import located

from ..exchange import ClientRequest
from ..matching.parts import says_nothing
from ..matching.rules import Match

# Where another host's capture is no answer to who says whom to ask: another provider may have the
# same paths. For the other rungs, an answer only has to be near.
OF_ITS_HOST = (Match.EXACT, Match.NORMALISED)


class Origins:
    """The host of each capture, by the capture's number."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._hosts = [located(capture.request.url).host for capture in captures]

    def is_asked(self, index: int, asked: ClientRequest) -> bool:
        """Whether a request is for a capture's host; an address or localhost may have changed."""
        known = self._hosts[index]
        if asked.host == known:
            return True
        host = located(asked.url).host
        return known == host or says_nothing(known) or says_nothing(host)

    def difference(self, index: int, asked: ClientRequest) -> str:
        """How the host of a request differs from a capture's, "" if it does not."""
        if self.is_asked(index, asked):
            return ""
        return f"host: asked {asked.host}, captured {self._hosts[index]}"
