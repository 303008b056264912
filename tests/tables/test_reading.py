from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.tables.reading import rows_of

Write = Callable[..., Path]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_rows_of_a_table_are_in_the_order_of_captures_whoever_reads(
    jobs: int, capture_file: Write
) -> None:
    bodies = [[(0.1, b"data: %d\n\n" % n), (0.2, b"data: z\n\n")] for n in range(40)]
    captures = [Capture(capture_file(body)) for body in bodies]
    captures[7] = Capture(capture_file(bodies[7], end=None, tail=b"damage\n"))
    problems: list[str] = []
    rows = rows_of("events", ["capture", "data"], captures, problems, jobs)
    assert list(rows) == [(c.name, d) for n, c in enumerate(captures) for d in (str(n), "z")]
    assert [problem.partition(",")[0] for problem in problems] == [captures[7].name]
    rows = rows_of("exchanges", ["capture", "events"], captures, [], jobs)
    assert list(rows) == [(c.name, 2) for c in captures]
