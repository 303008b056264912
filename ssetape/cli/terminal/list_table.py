"""The table of `ssetape ls`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ssetape.cli.terminal.output import table
from ssetape.cli.terminal.records import table_or_records

if TYPE_CHECKING:
    from ssetape.meaning.beginning import Beginning

_FILE = "file"
_HEADINGS = ("started, UTC", "request", "status", "chunks", "bytes", "time", "end")
_WORDS = ("first text", "said", "model", "protocol")
_NUMBERS = ("chunks", "bytes", "time", "first text")
_LONG = {"request": 24, "said": 20, "model": 12, "protocol": 12}
# On a narrow terminal: file names have the time, and most have the host.
_GIVES_WAY = (
    *("protocol", "chunks", "started, UTC", "request", "bytes"),
    *("status", "model", "time", "end"),
)
# The column that shows what the list is sorted by stays.
_SHOWS = {
    "started": "started, UTC",
    **dict.fromkeys(("host", "path", "method"), "request"),
    "duration": "time",
    "first_text": "first text",
    "text": "said",
}


def cells(line: dict[str, Any]) -> tuple[str, ...]:
    """The cells of a capture, from its object of `ls --json`."""
    return (
        line["started"][:19].replace("T", " "),
        f"{line['method']} {line['url'].partition('://')[2]}",
        str(line["status"] or "-"),
        str(line["chunks"]),
        str(line["bytes"]),
        f"{line['duration_s']:.2f} s",
        line["end"] or "interrupted",
        line["path"],
    )


def word_cells(beginning: "Beginning") -> tuple[str, ...]:
    """The cells of what a capture says."""
    first_text_s = beginning.first_text_s
    return (
        "-" if first_text_s is None else f"{first_text_s:.3f} s",
        beginning.text,
        beginning.model or "-",
        beginning.protocol or "-",
    )


def print_list(
    rows: Sequence[tuple[str, ...]],
    words: Sequence[tuple[str, ...]] | None,
    *,
    sort: str | None,
    is_long: bool,
) -> None:
    """Print the list.

    Args:
        words: the cells of `word_cells` for each row; None to leave these columns out.
        sort: the field that it is sorted by.
        is_long: whether every value is shown whole, a line for each where rows are too wide.
    """
    headings = [*_HEADINGS, *(_WORDS if words is not None else ()), _FILE]
    if words is not None:
        rows = [(*row[:-1], *said, row[-1]) for row, said in zip(rows, words, strict=True)]
    if words is not None and not (is_long or sort == "first_text"):
        headings.remove("first text")
        rows = [(*row[:7], *row[8:]) for row in rows]
    if is_long:
        table_or_records(headings, rows, _NUMBERS)
        return
    # Without words, only the request says what a capture is about.
    stays = {_SHOWS.get(sort or "", sort), "said" if words is not None else "request"}
    table(
        headings,
        rows,
        _NUMBERS,
        long={name: width for name, width in _LONG.items() if name in headings},
        gives_way=[name for name in _GIVES_WAY if name in headings and name not in stays],
        path=_FILE,
        elsewhere="ls -l has them",
    )
