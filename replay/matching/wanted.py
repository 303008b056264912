"""A request to match. Pure."""

from collections.abc import Sequence
from functools import cached_property

from ssetape.format.values import Headers
from ssetape.requests.content import Content, content_of
from ssetape.requests.location import Location

from . import bodies
from .described import described
from .features import Features
from .parts import last_event_id
from .rules import MatchRules


class Wanted:
    """A request to match. What is derived from it is computed once, when it is first needed.

    Attributes:
        found: the captures that answer it, and whether they match in all it means, by method.
    """

    def __init__(self, at: Location, headers: Headers, body: bytes) -> None:
        self.at = at
        self.headers = headers
        self.body = body
        self.found: dict[str, tuple[Sequence[int], bool]] = {}
        self._keys: dict[tuple[bodies.Field, ...], bytes] = {}
        self._features: dict[MatchRules, Features] = {}

    @cached_property
    def content(self) -> Content:
        """What its body means."""
        return content_of(self.headers, self.body)

    @cached_property
    def event_id(self) -> str:
        """The last event ID of a client that reconnects, "" of a new one."""
        return last_event_id(self.headers)

    def key(self, ignored: tuple[bodies.Field, ...]) -> bytes:
        """The digest of its body."""
        if ignored not in self._keys:
            self._keys[ignored] = bodies.key(self.content, ignored)
        return self._keys[ignored]

    def features(self, rules: MatchRules) -> Features:
        """What it is compared by where it equals no capture."""
        if rules not in self._features:
            self._features[rules] = described(self.at, self.headers, self.content, rules)
        return self._features[rules]
