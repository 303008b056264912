"""How the benchmarks print: aligned columns for people, one JSON object per line for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Columns in the order of the first row's keys; the first aligns left, the others right."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def json_line(record: Mapping[str, object]) -> None:
    print(json.dumps(record), flush=True)


def percentile(sorted_values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of sorted values."""
    rank = round(percent / 100 * (len(sorted_values) - 1))
    return sorted_values[rank]


def stop(problem: str) -> NoReturn:
    """Exit with one line on what is missing, and exit code 2, as for a wrong option."""
    print(problem, file=sys.stderr)
    raise SystemExit(2)
