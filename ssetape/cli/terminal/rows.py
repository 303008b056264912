"""One row a message: when it came, what it is, and what it said."""

import math
from enum import Enum, auto

from rich.cells import cell_len

from ssetape.cli.terminal.colours import Look, Pieces, has_colours, line_from
from ssetape.cli.terminal.messages import Selected
from ssetape.cli.terminal.output import terminal_width
from ssetape.errors import SsetapeError
from ssetape.format.file import CaptureFile
from ssetape.format.values import Message
from ssetape.meaning.wording import Phrase, Sort, quoted
from ssetape.measures.gaps import Timing
from ssetape.messages.message import Item, TimedComment
from ssetape.messages.reading import messages_of
from ssetape.output.printable import printable
from ssetape.showing.plots import bar

# Bars are logarithmic: empty for a gap of 1 ms, full for 10 s.
_BAR_COLUMNS = 8
_SHORTEST_S, _DECADES = 0.001, 4
_TYPE_COLUMNS = 10
# What follows the words begins in one column, unless they are longer.
_WORDS_COLUMNS = 24
# Less of JSON data than this tells nothing.
_DATA_COLUMNS = 24
_LOOKS = {
    Sort.TEXT: Look.PLAIN,
    Sort.REASONING: Look.QUIET,
    Sort.CALL: Look.ACCENT,
    Sort.NOTE: Look.ACCENT,
    Sort.ERROR: Look.ALARM,
}


class Content(Enum):
    """What a row shows of a message."""

    WORDS = auto()  # what it said, then its type, then its data where there is room
    WORDS_ALONE = auto()
    DATA = auto()


class Rows:
    """Makes the rows of one capture, for stdout as it is.

    Args:
        capture: is read for its longest gaps if they are to be coloured; None to colour none.
    """

    def __init__(self, content: Content, capture: CaptureFile | None = None) -> None:
        self._content = content
        self._width = terminal_width()
        self._colours = has_colours()
        self._stalls = stalls_of(capture) if self._colours and capture is not None else set()

    @property
    def has_words(self) -> bool:
        """Whether rows show what messages said."""
        return self._content is not Content.DATA

    def line(self, selected: Selected) -> str:
        """The row of a message or comment."""
        item = selected.item
        gap_s = item.t_s - selected.before_s
        is_stall = gap_s > 0 and item.t_s in self._stalls
        start = times(item.t_s, selected.before_s, bars=self._width is not None)
        pieces: Pieces = [(f"{start}  ", Look.ALARM if is_stall else Look.PLAIN)]
        if isinstance(item, TimedComment):
            pieces.append((f":{printable(selected.text)}", Look.QUIET))
        elif self._is_data_alone(selected):
            pieces += _kind(item)
            if self._content is not Content.WORDS_ALONE:
                look = Look.QUIET if selected.phrases == [] else Look.PLAIN
                pieces.append((printable(selected.text), look))
        else:
            pieces += _padded(_worded(selected.phrases or []), _WORDS_COLUMNS)
            pieces += _kind(item)
            if self._has_room(pieces):
                pieces.append((printable(selected.text), Look.QUIET))
        return line_from(pieces, self._width, colours=self._colours)

    def _is_data_alone(self, selected: Selected) -> bool:
        """Whether words would tell nothing, or nothing but the data."""
        phrases = selected.phrases
        return (
            self._content is Content.DATA
            or not phrases
            or [phrase.words for phrase in phrases] == [quoted(selected.text)]
        )

    def _has_room(self, pieces: Pieces) -> bool:
        """Whether a row that begins so has room for data."""
        if self._content is Content.WORDS_ALONE:
            return False
        return self._width is None or self._width - _size(pieces) >= _DATA_COLUMNS


def _padded(pieces: Pieces, columns: int) -> Pieces:
    return [*pieces, (" " * (columns - _size(pieces)) + "  ", Look.PLAIN)]


def _size(pieces: Pieces) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _worded(phrases: list[Phrase]) -> Pieces:
    pieces: Pieces = []
    for phrase in phrases:
        if pieces:
            pieces.append((", ", Look.QUIET))
        pieces.append((printable(phrase.words), _LOOKS[phrase.sort]))
    return pieces


def _kind(item: Item) -> Pieces:
    """What the framing says of a message: its type and marks."""
    if isinstance(item, Message):
        arrow = "->" if item.from_client else "<-"
        binary = "" if item.is_text else " binary"
        marks = " dropped" * item.dropped + " injected" * item.injected
        return [(f"{arrow}  {len(item.data):>7} B{binary}{marks}  ", Look.QUIET)]
    assert not isinstance(item, TimedComment)
    marks = printable(item.name)
    marks += f" #{printable(item.event_id)}" if item.event_id else ""
    marks += f" retry={item.retry_ms}" if item.retry_ms is not None else ""
    if item.is_error:
        return [(f"{marks} error".ljust(_TYPE_COLUMNS) + "  ", Look.ALARM)]
    return [(f"{marks:<{_TYPE_COLUMNS}}  ", Look.QUIET)] if marks else []


def times(t_s: float, before_s: float, *, bars: bool = False) -> str:
    """A time and the gap before it, in columns; with `bars` also as a bar."""
    gap_s = t_s - before_s
    columns = f"{t_s:>10.3f} {gap_s:>+10.3f}"
    if not bars:
        return columns
    share = math.log10(gap_s / _SHORTEST_S) / _DECADES if gap_s > _SHORTEST_S else 0.0
    return f"{columns} {bar(share, _BAR_COLUMNS):<{_BAR_COLUMNS}}"


def stalls_of(capture: CaptureFile) -> set[float]:
    """When the longest gaps of a capture ended, as `stats` has them; those before any damage."""
    timing = Timing()
    try:
        for message in messages_of(capture):
            if not message.from_client:
                timing.see(message.t_s, message.name, message.data)
    except SsetapeError:
        pass  # whoever shows the capture says so
    return {stall.t_s for stall in timing.stalls()}
