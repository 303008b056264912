"""Numbers by chance, as a spec such as `lognormal(0.8,0.3)` describes them. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log
from random import Random

from ssetape.errors import SsetapeError
from ssetape.output.did_you_mean import did_you_mean

FROM = "from"
# Each with what its parameters are.
SHAPES = {
    "lognormal": ("median", "sigma"),
    "normal": ("mean", "sd"),
    "uniform": ("low", "high"),
    "exponential": ("mean",),
}
# Larger numbers are no seconds, tokens or rates that anybody waits for.
_LIMIT = 1e9

_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*", re.IGNORECASE)

# The values that `from CAPTURE...` draws from, by what follows `from`.
Recorded = Callable[[str], list[float]]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A way to draw numbers, none of which is negative: what falls below 0 is 0.

    Attributes:
        text: the spec that describes it.
        shape: a key of `SHAPES`; "" for one number; FROM for recorded ones.
        values: the parameters; the number; the recorded numbers.
    """

    text: str
    shape: str
    values: tuple[float, ...]

    @property
    def number(self) -> float | None:
        """The number, if it is always the same."""
        return None if self.shape else self.values[0]

    def draw(self, chance: Random) -> float:
        """The next number."""
        values = self.values
        if not self.shape:
            return values[0]
        if self.shape == "lognormal":
            return chance.lognormvariate(log(values[0]), values[1])
        if self.shape == "normal":
            return max(0.0, chance.normalvariate(values[0], values[1]))
        if self.shape == "uniform":
            return chance.uniform(values[0], values[1])
        if self.shape == "exponential":
            return chance.expovariate(1 / values[0])
        return values[int(chance.random() * len(values))]


def constant(number: float) -> Distribution:
    """The distribution of one number."""
    return Distribution(f"{number:g}", "", (number,))


def parse(text: str, recorded: Recorded | None = None) -> Distribution:
    """The distribution that a spec describes.

    Args:
        recorded: gives the values for `from`; None if nothing recorded has such values.

    Raises:
        SsetapeError: the spec describes none.
    """
    word, _, rest = text.strip().partition(" ")
    if word == FROM:
        return _drawn(text, rest.strip(), recorded)
    call = _CALL.fullmatch(text)
    if call is None:
        return Distribution(text.strip(), "", (_number(text, text, recorded),))
    shape = call[1].lower()
    if shape not in SHAPES:
        raise _unknown(text, recorded, did_you_mean(shape, SHAPES))
    names = SHAPES[shape]
    given = call[2].split(",")
    if len(given) != len(names):
        raise SsetapeError(f"expected {shape}({','.join(names)}), found {text!r:.60}")
    values = tuple(_number(each, text, recorded) for each in given)
    if shape in ("lognormal", "exponential") and values[0] == 0:
        raise SsetapeError(f"the {names[0]} of {text!r:.60} has to be greater than 0")
    if shape == "uniform" and values[0] > values[1]:
        raise SsetapeError(f"expected uniform(low,high), found {text!r:.60}: low is above high")
    return Distribution(f"{shape}({','.join(f'{value:g}' for value in values)})", shape, values)


def _drawn(text: str, names: str, recorded: Recorded | None) -> Distribution:
    if recorded is None:
        raise _unknown(text, recorded, "")
    if not names:
        raise SsetapeError(f"expected captures after `{FROM}`, found {text!r:.60}")
    values = [value for value in recorded(names) if 0 <= value < _LIMIT]
    if not values:
        raise SsetapeError(f"{text!r:.60}: these captures have no such times")
    return Distribution(f"{FROM} {names}", FROM, tuple(values))


def _number(text: str, spec: str, recorded: Recorded | None) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _unknown(spec, recorded, "") from None
    if not (isfinite(number) and 0 <= number < _LIMIT):
        raise SsetapeError(f"expected numbers from 0 to {_LIMIT:g}, found {spec!r:.60}")
    return number


def _unknown(text: str, recorded: Recorded | None, hint: str) -> SsetapeError:
    shapes = [f"{name}({','.join(names)})" for name, names in SHAPES.items()]
    known = ", ".join(shapes + ([f"{FROM} CAPTURE..."] if recorded else []))
    return SsetapeError(f"expected a number or one of {known}; found {text!r:.60}{hint}")
