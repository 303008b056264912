"""One row a message: when it came, what it is, and what it said. Pure."""

import math
from collections.abc import Collection
from enum import Enum, auto

from ssetape.format.values import Chunk, Message
from ssetape.meaning.phrases import Phrase, Sort, quoted
from ssetape.messages.message import Item, TimedComment
from ssetape.output.printable import printable
from ssetape.showing.colours import Look, Pieces, line_from
from ssetape.showing.columns import cell_len, shortened
from ssetape.showing.plots import bar
from ssetape.showing.selected import Selected

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
    """Makes the rows of one capture.

    Args:
        width: in terminal columns; None to show rows whole, without bars.
        stalls: when the gaps ended that are to be coloured.
    """

    def __init__(
        self,
        content: Content,
        *,
        width: int | None = None,
        colours: bool = False,
        stalls: Collection[float] = (),
    ) -> None:
        self._content = content
        self._width = width
        self._colours = colours
        self._stalls = stalls

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


def chunk_row(chunk: Chunk, before_s: float, width: int | None) -> str:
    """The row of a chunk: when it came, its size, and its bytes as text."""
    text = printable(chunk.data.decode("utf-8", "backslashreplace"))
    return shortened(f"{times(chunk.t_s, before_s)}  {len(chunk.data):>7} B  {text}", width)
