"""Compares two sets of runs: milestones, gaps and rates, with confidence."""

from collections.abc import Iterable
from dataclasses import dataclass

from ssetape.capture import Capture
from ssetape.comparing.effect_size import Shift, cliffs_delta, shift, word_of
from ssetape.errors import CaptureError
from ssetape.measures.measure import measure
from ssetape.measures.measurement import Measurement
from ssetape.measures.quantiles import median


@dataclass(slots=True)
class Row:
    """One figure, compared between two sets of runs.

    Attributes:
        name: the figure's name.
        unit: "s" or "tokens/s".
        counts: how many runs of each set have the figure.
        medians: the median of each set.
        shift: the difference between the medians.
        delta: Cliff's delta of the second set against the first.
    """

    name: str
    unit: str
    counts: tuple[int, int]
    medians: tuple[float, float]
    shift: Shift
    delta: float

    @property
    def verdict(self) -> str:
        """The result of the comparison, as people read it."""
        if self.shift.low is None:
            return "too few runs to say"
        if not self.shift.is_shown:
            return "no difference shown"
        more, less = ("later", "earlier") if self.unit == "s" else ("more", "less")
        if self.name.startswith("gap"):
            more, less = "longer", "shorter"
        return f"{more if self.shift.median > 0 else less}, {word_of(self.delta)} effect"


def compare_runs(
    first: Iterable[Capture], second: Iterable[Capture], problems: list[str] | None = None
) -> list[Row]:
    """Compare the rhythm of two sets of runs: milestones, gaps, tokens per second.

    Args:
        problems: gets what is wrong with damaged captures, which are left out.

    Raises:
        CaptureError: a capture cannot be read, and there is no `problems`.
    """
    columns = [_columns(captures, problems) for captures in (first, second)]
    rows = []
    for name in columns[0]:
        samples = columns[0][name], columns[1].get(name, [])
        if not all(samples):
            continue
        moved = shift(*samples)
        one, other = (median(sample) for sample in samples)
        counts = len(samples[0]), len(samples[1])
        unit = "tokens/s" if name == "tokens/s" else "s"
        rows.append(Row(name, unit, counts, (one, other), moved, cliffs_delta(*samples)))
    return rows


def _columns(captures: Iterable[Capture], problems: list[str] | None) -> dict[str, list[float]]:
    names = [name for name, _ in Measurement("").milestones.named()[1:]]
    columns: dict[str, list[float]] = {
        name: [] for name in (*names, "gap p50", "gap p99", "gap max", "tokens/s")
    }
    for capture in captures:
        try:
            measured = measure(capture)
        except CaptureError as error:
            if problems is None:
                raise
            problems.append(str(error))
            continue
        gaps = measured.gaps
        found = dict(measured.milestones.named())
        found |= {"gap p50": gaps.quantile(0.5), "gap p99": gaps.quantile(0.99)}
        found |= {"gap max": gaps.quantile(1.0), "tokens/s": measured.tokens_per_s}
        for name, values in columns.items():
            value = found[name]
            if value is not None:
                values.append(value)
    return columns
