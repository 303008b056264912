"""The base of all faults: a change to a response's head and schedule. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from ssetape.format.values import Chunk, Response, Trailers
from ssetape.messages.stretches import Lull as Lull
from ssetape.messages.stretches import Part as Recorded

# What a fault gets: of a stream that is still coming also where it has come to.
Part = Recorded | Lull

# End reasons that only faults cause, in addition to those in docs/capture-format.md: the
# connection is closed, or reset, before the body is complete.
CUT = "fault_cut"
RESET = "fault_reset"


@dataclass(frozen=True, slots=True)
class Run:
    """What a fault gets to work with, apart from the parts of the answer.

    Attributes:
        number: how many requests its rule has counted, including this one.
        random: returns numbers from 0 to 1 (excluding 1), the same for the same seed, rule
            and number.
        response: the head, with the time at which it is sent.
    """

    number: int
    random: Callable[[], float]
    response: Response


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error to send in place of the capture, as its provider words it."""

    status: int
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One change. A subclass is a frozen dataclass whose fields are the keys of its spec.

    Fields have type int, float, str or a Literal of strings, or are optional; `__post_init__`
    raises ValueError for invalid values. Times are the seconds at which parts are sent, after
    any change of pace.

    Attributes:
        name: its name in a spec.
        changes_length: whether the body's length may change, so that a recorded Content-Length
            has to go. (A cut keeps the header, and sends less.)
    """

    name: ClassVar[str]
    changes_length: ClassVar[bool] = False

    @property
    def needs_text(self) -> bool:
        """Whether the body has to be decoded from its Content-Encoding."""
        return False

    def refusal(self, run: Run) -> Refusal | None:
        """The error to send in place of the capture, if any."""
        return None

    def head(self, response: Response) -> Response:
        """The head to send in place of `response`."""
        return response

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        """The changed parts after the head; times never fall.

        Each lull is passed on, behind all that has to be sent by then. A fault that would do
        something later though nothing comes sets its `again_s`.
        """
        yield from parts


def at(part: Part, t_s: float) -> Part:
    """The same part at another time."""
    if isinstance(part, Chunk):
        return Chunk(t_s, part.data)
    if isinstance(part, Trailers):
        return Trailers(t_s, part.headers)
    if isinstance(part, Lull):
        return Lull(t_s, part.again_s)
    return replace(part, t_s=t_s)


def again(lull: Lull, t_s: float) -> Lull:
    """The same lull, to be repeated by a time."""
    return Lull(lull.t_s, min(lull.again_s, t_s))


def need_one(**given: float | None) -> None:
    """Check that exactly one of these keys is given.

    Raises:
        ValueError: none or several are given.
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ValueError(
            f"expected one of {', '.join(given)}, found {' and '.join(names) or 'none'}"
        )


def need_at_least(least: float, **given: float | None) -> None:
    """Check that the given keys are `least` or more.

    Raises:
        ValueError: one is less, or NaN.
    """
    for name, value in given.items():
        if value is not None and not value >= least:
            raise ValueError(f"{name}: expected {least:g} or more, found {value:g}")


def need_chance(**given: float | None) -> None:
    """Check that the given keys are from 0 to 1.

    Raises:
        ValueError: one is not.
    """
    for name, value in given.items():
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name}: expected 0 to 1, found {value:g}")
