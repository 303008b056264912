"""Which messages a change applies to: by number from 1, or by type. Pure."""

import re
from dataclasses import dataclass

from ssetape.errors import EditError

_RANGE = re.compile(r"([0-9]{1,9})(-([0-9]{1,9})?)?")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Ranges of numbers, each from its first to its last."""

    ranges: tuple[tuple[int, float], ...]

    @classmethod
    def parse(cls, text: str, what: str) -> "Numbers":
        """Parse `3`, `3-5`, `3-`, or several of them with commas.

        Raises:
            EditError: the text is none of these; `what` says what it was for.
        """
        ranges = []
        for word in text.split(","):
            found = _RANGE.fullmatch(word.strip())
            if found is None or found[1].strip("0") == "":
                raise EditError(f"{what}: expected 3, 3-5, 3- or 1,3-5, found {text!r:.60}")
            last = float(found[3] or "inf") if found[2] else float(found[1])
            ranges.append((int(found[1]), last))
        return cls(tuple(ranges))

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.ranges)


ALL = Numbers(((1, float("inf")),))


@dataclass(frozen=True, slots=True)
class Drop:
    """What is left out: messages by their numbers or of a type, or all comments.

    Attributes:
        text: how it was given.
    """

    text: str
    numbers: Numbers | None = None
    name: str | None = None
    comments: bool = False

    @classmethod
    def parse(cls, text: str) -> "Drop":
        """Parse `event=3-5`, `type=ping` or `comments`.

        Raises:
            EditError: the text is none of these.
        """
        key, equals, value = text.partition("=")
        if key == "event" and equals:
            return cls(text, numbers=Numbers.parse(value, f"--drop {text!r:.60}"))
        if key == "type" and value:
            return cls(text, name=value)
        if text == "comments":
            return cls(text, comments=True)
        raise EditError(f"--drop {text!r:.60}: expected event=3-5, type=NAME or comments")

    def __str__(self) -> str:
        return f"drop {self.text}"

    def fits(self, number: int, name: str) -> bool:
        """Whether a message is left out."""
        return (self.numbers is not None and number in self.numbers) or self.name == name
