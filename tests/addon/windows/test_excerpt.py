from ssetape.addon.windows.excerpt import Excerpt


def test_of_many_rows_the_first_and_the_last_are_made() -> None:
    rows, made = Excerpt(), []

    def row(number: int) -> str:
        made.append(number)
        return f"row {number}"

    for number in range(10_000):
        rows.add(lambda number=number: row(number))
    lines = rows.lines()
    assert rows.lines() == lines
    assert len(made) == len(set(made)) == len(lines) - 1 < 500
    assert lines[:2] == ["row 0", "row 1"]
    assert lines[-1] == "row 9999"
    assert lines[100].strip() == f"... {10_000 - len(made)} rows are not shown here ..."
    assert rows.first_lines() == lines[:100]
    assert rows.count == 10_000


def test_few_rows_are_all_there() -> None:
    rows = Excerpt()
    rows.add("a")
    assert rows.lines() == rows.first_lines() == ["a"]
