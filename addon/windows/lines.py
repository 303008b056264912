"""What mitmproxy's commands say of captures, as lines; needs what ssetape installs.

By the code of the command line, in the same words.
"""

import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.format.values import Record
from ssetape.output.printable import printable, printable_lines
from ssetape.showing import stats
from ssetape.showing.capture_head import head_of
from ssetape.showing.columns import shortened
from ssetape.showing.ends import end_lines
from ssetape.showing.messages import sayings_of
from ssetape.showing.rows import Content, Rows
from ssetape.showing.selected import Selected, data_of
from ssetape.showing.table import table_lines
from ssetape.showing.text import choice_of, remarks_on

from .flow_captures import FlowCapture

# Captures are read where the traffic passes, which waits meanwhile: for `text` of this much up to
# 45 ms, for `stats` 8 ms.
READ_LIMIT_BYTES = 512 * 1024
# Rows of so many events take some 10 ms, and nobody scrolls on in a window.
EVENTS_LIMIT = 500
LINES_LIMIT = 1000
# Where nobody knows how wide a line may be, and an event may have megabytes.
WIDEST_COLUMNS = 500
GOES_ON = "still being recorded"


def lines(verb: str, captures: Sequence[FlowCapture], columns: int | None) -> list[str]:
    """The lines of a verb; no terminal obeys them.

    Args:
        columns: how wide a line may be; None if nobody knows.

    Raises:
        SsetapeError: a capture cannot be read, or is too large to be read here.
    """
    make = _VERBS[verb]
    found = make(captures, columns)
    shown = list(islice(found, LINES_LIMIT))
    if next(found, None) is not None:
        shown.append(_more(verb, captures))
    return shown


def _show(captures: Sequence[FlowCapture], columns: int | None) -> Iterator[str]:
    return _one_after_the_other(captures, lambda each: _events(each, columns))


def _events(each: FlowCapture, columns: int | None) -> Iterator[str]:
    capture, remarks = _Beginning(each.path, name=each.path.name), list[str]()
    yield from head_of(capture)
    rows = Rows(Content.WORDS, width=columns)
    before_s = capture.response.t_s if capture.response else 0.0
    sayings = sayings_of(capture, remarks.append)
    try:
        for item, phrases, _ in islice(sayings, EVENTS_LIMIT):
            row = rows.line(Selected(item, data_of(item), before_s, phrases))
            yield shortened(row, columns or WIDEST_COLUMNS)
            before_s = item.t_s
        if next(sayings, None) is not None or capture.was_bounded:
            yield _more("show", [each])
            remarks.clear()
    except SsetapeError as error:  # the good part has been shown
        remarks.append(str(error))
    yield from [f"{'':>21}  {GOES_ON}"] if each.is_live else end_lines(capture.end)
    yield from _noted([*remarks, *capture.problems])


def _stats(captures: Sequence[FlowCapture], columns: int | None) -> Iterator[str]:
    _refuse_large("stats", captures)
    made = [_opened(each).measure() for each in captures]
    if len(made) == 1:
        without_end = GOES_ON if captures[0].is_live else stats.INTERRUPTED
        yield from stats.lines(made[0], lambda line: shortened(line, columns), without_end, columns)
    else:
        table, _ = table_lines(
            *stats.of_each(made), gives_way=stats.GIVES_WAY, path="file", width=columns
        )
        yield from [*table, "", stats.heading_of_all(made)]
        table, _ = table_lines(*stats.of_all(made), width=columns)
        yield from table
        if remark := stats.remark_on_all(made):
            yield remark
    for measured in made:
        yield from _noted(measured.problems)


def _text(captures: Sequence[FlowCapture], columns: int | None) -> Iterator[str]:
    _refuse_large("text", captures)
    return _one_after_the_other(captures, lambda each: _answer(each, columns))


def _answer(each: FlowCapture, columns: int | None) -> Iterator[str]:
    answer = _opened(each).answer()
    said = printable_lines(choice_of(each.path.name, answer).text).split("\n")
    yield from said if columns is None else _wrapped(said, columns)
    yield from _noted(remarks_on(answer))


def _one_after_the_other(
    captures: Sequence[FlowCapture], lines_of: Callable[[FlowCapture], Iterator[str]]
) -> Iterator[str]:
    """As the command line has several captures: each with its name above it, whatever fails."""
    if len(captures) == 1:
        yield from lines_of(captures[0])
        return
    for index, each in enumerate(captures):
        if index:
            yield ""
        yield f"==> {printable(each.path.name)} <=="
        try:
            yield from lines_of(each)
        except SsetapeError as error:
            yield from _noted([str(error)])


class _Beginning(Capture):
    """A capture of which no more is read than a window has time for.

    Attributes:
        was_bounded: whether there is more.
    """

    was_bounded = False

    def records(self) -> Iterator[Record]:
        read_bytes = 0
        for record in super().records():
            if read_bytes > READ_LIMIT_BYTES:
                self.was_bounded = True
                return
            yield record
            if isinstance(record[2], bytes):
                read_bytes += len(record[2])


def _opened(each: FlowCapture) -> Capture:
    # A window has little room: `ssetape.reveal` names the folder.
    return Capture(each.path, name=each.path.name)


def _wrapped(said: Iterable[str], columns: int) -> Iterator[str]:
    """Break lines between words: mitmproxy's console breaks them anywhere."""
    for line in said:
        yield from textwrap.wrap(line, columns, replace_whitespace=False) or [""]


def _noted(remarks: Iterable[str]) -> Iterator[str]:
    for remark in remarks:
        yield f"ssetape: {printable(remark)}"


def _refuse_large(verb: str, captures: Sequence[FlowCapture]) -> None:
    size_bytes = sum(each.size_bytes for each in captures)
    if size_bytes > READ_LIMIT_BYTES:
        raise SsetapeError(
            f"{size_bytes / 1e6:.1f} MB would hold the traffic; "
            f"in a shell: {_in_a_shell(verb, captures)}"
        )


def _more(verb: str, captures: Sequence[FlowCapture]) -> str:
    return f"... and more; in a shell: {_in_a_shell(verb, captures)}"


def _in_a_shell(verb: str, captures: Sequence[FlowCapture]) -> str:
    place = captures[0].path if len(captures) == 1 else captures[0].path.parent
    return printable(f"ssetape {verb} {shlex.quote(str(place))}")


_VERBS = {"show": _show, "stats": _stats, "text": _text}
