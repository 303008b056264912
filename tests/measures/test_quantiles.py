import ast
import math
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.comparing.effect_size import shift
from ssetape.measures.distribution import Distribution
from ssetape.measures.quantiles import median, quantile
from ssetape.replay.verify import Verification

ROOT = Path(__file__).parents[2]
NUMBERS = st.lists(st.floats(0, 1e6) | st.integers(0, 9).map(float), min_size=2, max_size=60)
# Shares of a length that are no quantiles.
OTHERS = {
    "ssetape/showing/plots.py": "the height of a bar",
    "replay/faults/events.py": "a random one",
    "ssetape/making/distribution.py": "a random one",
}


def close(found: float | None, right: float) -> bool:
    return found is not None and math.isclose(found, right, rel_tol=1e-9, abs_tol=1e-9)


@given(NUMBERS)
def test_quantiles_are_those_of_the_standard_library(numbers: list[float]) -> None:
    right = statistics.quantiles(numbers, n=100, method="inclusive")
    ordered = sorted(numbers)
    for percent in range(1, 100):
        assert close(quantile(ordered, percent / 100), right[percent - 1])
    assert (quantile(ordered, 0.0), quantile(ordered, 1.0)) == (ordered[0], ordered[-1])
    assert close(median(numbers), statistics.median(numbers))


def test_quantiles_are_those_of_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    numbers = [0.202, 0.222, 0.1, 3.5, 0.0, 0.3]
    for share in (0.0, 0.05, 0.5, 0.9, 0.99, 1.0):
        sql = f"SELECT quantile_cont(x, {share}) FROM (SELECT unnest({numbers}::DOUBLE[]) AS x)"
        assert close(quantile(sorted(numbers), share), duckdb.sql(sql).fetchall()[0][0])


def test_one_number_is_all_its_quantiles() -> None:
    assert [quantile([2.0], share) for share in (0.0, 0.5, 1.0)] == [2.0, 2.0, 2.0]


@given(NUMBERS)
def test_all_who_give_a_median_give_the_same(numbers: list[float]) -> None:
    verified = Verification()
    verified.errors_ms.extend(numbers)
    right = median(numbers)
    assert Distribution(numbers).quantile(0.5) == right
    assert verified.percentile_ms(50) == right
    assert shift([0.0], numbers).median == right


def test_no_other_module_defines_a_quantile() -> None:
    """None imports `statistics`, or computes an index from a share of a length."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("ssetape", "replay", "addon")
        for path in (ROOT / folder).rglob("*.py")
        if any(map(defines_a_quantile, ast.walk(ast.parse(path.read_text("utf-8")))))
    }
    assert found == set(OTHERS)


def defines_a_quantile(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in ("statistics", "numpy") for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in ("statistics", "numpy")
    # `numbers[int(0.975 * count) - 1]`, `errors[min(last, int(len(errors) * share))]`, `ceil`.
    return isinstance(node, ast.Subscript) and any(
        isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("int", "round", "math.ceil", "math.floor", "ceil", "floor")
        and any(
            isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) for part in ast.walk(call)
        )
        for call in ast.walk(node.slice)
    )


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("from statistics import median", True),
        ("errors[min(len(errors) - 1, int(len(errors) * percent / 100))]", True),
        ("found[int(0.975 * _RESAMPLES) - 1]", True),
        ("numbers[len(numbers) // 2 + int(text)]", False),
    ],
)
def test_what_defines_a_quantile_is_recognised(source: str, is_one: bool) -> None:
    assert any(map(defines_a_quantile, ast.walk(ast.parse(source)))) == is_one
