"""What a fault is: a change of the schedule, made of a few keys. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from ssetape.format.values import Chunk, End, Headers, Response, Trailers

Part = Chunk | Trailers | End

# Reasons of ends that a fault makes, beside those of docs/capture-format.md: the connection is
# closed, or reset, before the body has come to its end.
CUT = "fault_cut"
RESET = "fault_reset"


@dataclass(frozen=True, slots=True)
class Run:
    """What a fault may know of the answer that it changes.

    Attributes:
        number: how many requests its rule has counted, this one included.
        random: gives numbers from 0 to 1 (1 not included), the same for the same seed, rule
            and number.
        response: the head, with its time as it is sent.
    """

    number: int
    random: Callable[[], float]
    response: Response


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that is given in place of the capture."""

    status: int
    kind: str
    message: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Fault:
    """One change. A subclass is a frozen dataclass whose fields are the keys of its spec.

    Fields are of type int, float, str or a Literal of strings, or optional; `__post_init__`
    raises ValueError for what means nothing. Times are seconds as they are sent, after any
    change of pace.

    Attributes:
        name: what a spec calls it.
        changes_length: whether the body may get another length, so that a recorded
            Content-Length cannot stay. A cut breaks that promise, and changes nothing in it.
    """

    name: ClassVar[str]
    changes_length: ClassVar[bool] = False

    @property
    def needs_text(self) -> bool:
        """Whether the body has to be decoded from its Content-Encoding."""
        return False

    def refusal(self, run: Run) -> Refusal | None:
        """What is answered in place of the capture, if anything is."""
        return None

    def head(self, response: Response) -> Response:
        """The head that is sent in place of `response`."""
        return response

    def parts(self, parts: Iterable[Part], run: Run) -> Iterator[Part]:
        """What follows the head; times never fall."""
        yield from parts


def at(part: Part, t_s: float) -> Part:
    """The same part at another time."""
    if isinstance(part, Chunk):
        return Chunk(t_s, part.data)
    if isinstance(part, Trailers):
        return Trailers(t_s, part.headers)
    return End(t_s, part.reason, part.error, part.chunks, part.size_bytes, part.close)


def need_one(**given: float | None) -> None:
    """Make sure that exactly one of these keys is given.

    Raises:
        ValueError: none is, or several are.
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ValueError(
            f"expected one of {', '.join(given)}, found {' and '.join(names) or 'none'}"
        )


def need_at_least(least: float, **given: float | None) -> None:
    """Make sure that the keys that are given are not smaller.

    Raises:
        ValueError: one is, or is no number.
    """
    for name, value in given.items():
        if value is not None and not value >= least:
            raise ValueError(f"{name}: expected {least:g} or more, found {value:g}")


def need_chance(**given: float | None) -> None:
    """Make sure that the keys that are given are chances.

    Raises:
        ValueError: one is not from 0 to 1.
    """
    for name, value in given.items():
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name}: expected 0 to 1, found {value:g}")
