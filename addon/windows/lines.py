"""What mitmproxy's commands say of captures, as lines; needs what ssetape installs.

By the code of the command line, in the same words.
"""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.output.printable import printable, printable_lines
from ssetape.showing import stats
from ssetape.showing.text import choice_of, remarks_on

from .flow_captures import FlowCapture

# Captures are read where the traffic passes: of this much, the answer is assembled in some 30 ms.
READ_LIMIT_BYTES = 1024 * 1024
# A window is for looking, and nobody scrolls on.
LINES_LIMIT = 1000
GOES_ON = "is still being recorded"


def lines(verb: str, captures: Sequence[FlowCapture], columns: int | None) -> list[str]:
    """The lines of a verb; no terminal obeys them.

    Args:
        columns: how wide a line may be; None if nobody knows.

    Raises:
        SsetapeError: a capture cannot be read, or is too large to be read here.
    """
    found = _VERBS[verb](captures, columns)
    shown = list(islice(found, LINES_LIMIT))
    if next(found, None) is not None:
        shown.append(f"... and more; in a shell: {_in_a_shell(verb, captures)}")
    return shown


def _stats(captures: Sequence[FlowCapture], columns: int | None) -> Iterator[str]:
    _refuse_large("stats", captures)
    for each in captures:
        without_end = GOES_ON if each.is_live else stats.INTERRUPTED
        yield from stats.lines(_opened(each).measure(), without_end=without_end)


def _text(captures: Sequence[FlowCapture], columns: int | None) -> Iterator[str]:
    _refuse_large("text", captures)
    for index, each in enumerate(captures):
        if len(captures) > 1:
            yield from _heading(each, index)
        answer = _opened(each).answer()
        said = printable_lines(choice_of(each.path.name, answer).text).split("\n")
        yield from said if columns is None else _wrapped(said, columns)
        for remark in remarks_on(answer):
            yield f"ssetape: {printable(remark)}"


def _opened(each: FlowCapture) -> Capture:
    # A window has little room: `ssetape.reveal` names the folder.
    return Capture(each.path, name=each.path.name)


def _wrapped(said: Iterable[str], columns: int) -> Iterator[str]:
    """Break lines between words: mitmproxy's console breaks them anywhere."""
    for line in said:
        yield from textwrap.wrap(line, columns, replace_whitespace=False) or [""]


def _heading(each: FlowCapture, index: int) -> Iterator[str]:
    """As above each of several captures on the command line."""
    if index:
        yield ""
    yield f"==> {printable(each.path.name)} <=="


def _refuse_large(verb: str, captures: Sequence[FlowCapture]) -> None:
    size_bytes = sum(each.size_bytes for each in captures)
    if size_bytes > READ_LIMIT_BYTES:
        raise SsetapeError(
            f"{size_bytes / 1e6:.1f} MB would hold the traffic; "
            f"in a shell: {_in_a_shell(verb, captures)}"
        )


def _in_a_shell(verb: str, captures: Sequence[FlowCapture]) -> str:
    place = captures[0].path if len(captures) == 1 else captures[0].path.parent
    return printable(f"ssetape {verb} {shlex.quote(str(place))}")


_VERBS = {"stats": _stats, "text": _text}
