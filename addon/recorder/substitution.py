"""Applies a rule of mitmproxy's `modify_body` to a body that passes in units. Pure.

mitmproxy applies it to the whole body. Here each unit is changed as soon as it is there, and
what the rule finds is what it would find there in the whole body: `^` is the body's beginning, a
lookbehind sees the unit before, and a match that would go on in the next unit changes nothing.
"""

import re

# What a lookbehind may see of the units before.
_BEFORE_BYTES = 256
# Stands for what follows a unit: not known yet.
_WHAT_FOLLOWS = b"\0"


class Substitution:
    """One rule at work on one body.

    Attributes:
        reached_on: whether a match would have gone on beyond its unit.
    """

    def __init__(self, subject: bytes, replacement: bytes) -> None:
        self._pattern = re.compile(subject, re.DOTALL)
        self._replacement = replacement
        self._before = b""
        self.reached_on = False

    def __call__(self, unit: bytes) -> bytes:
        """The unit as the rule changes it."""
        start = len(self._before)
        end = start + len(unit)
        text = b"".join((self._before, unit, _WHAT_FOLLOWS))
        pieces: list[bytes] = []
        at = start
        for match in self._pattern.finditer(text, start):
            if match.start() == end:
                break  # nothing, just before what follows: the next unit begins with it
            if match.end() > end:
                self.reached_on = True
                break
            pieces += text[at : match.start()], self._replacement
            at = match.end()
        self._before = text[:end][-_BEFORE_BYTES:]
        return b"".join((*pieces, text[at:end]))

    def whole(self, body: bytes) -> bytes:
        """A whole body as the rule changes it."""
        return self._pattern.sub(lambda _: self._replacement, body)
