"""A recorded stream as rows, read on as it grows."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

from ssetape.errors import SsetapeError
from ssetape.format.values import BYTES, Record, Request, Response
from ssetape.meaning.phrases import Phrase
from ssetape.messages.message import Item
from ssetape.messages.reading import MessageReader
from ssetape.output.printable import printable
from ssetape.recording.log import logger
from ssetape.showing.rows import Content, Rows
from ssetape.showing.selected import Selected, data_of

from .excerpt import Excerpt

try:
    from ssetape import protocols
    from ssetape.meaning import sayings

    # Now, as the first look would wait for it, and all traffic with it.
    protocols.all_protocols()
except (ImportError, SsetapeError) as error:
    # Only mitmproxy is installed, as beside its standalone binary; or a plug-in is broken.
    logger.info(f"ssetape: windows show data without words, for which ssetape is needed: {error}")
    _has_words = False
else:
    _has_words = True

# Where data is all there is, it is shown up to here.
_DATA = Rows(Content.DATA, width=1000)
# A protocol is recognised from its first messages. Until then all is read again with each look,
# unless it is more than this: then the first rows stay without words.
_READ_AGAIN_BYTES = 64 * 1024

# While a stream is read, the proxy does nothing else. What takes longer in one look, thousands of
# events, is left to `ssetape show`; the clock is looked at after so many rows.
_LOOK_S = 0.02
_ROWS_A_CHECK = 200

# When each chunk came, and its size.
Sizes = Sequence[Sequence[Any]]


class NotRecorded(SsetapeError):
    """What is to be shown was not recorded, or is no longer what was."""


class Said(NamedTuple):
    """An item, and what it added to the answer: as `ssetape.meaning.sayings.Saying`."""

    item: Item
    phrases: list[Phrase] | None = None


class Speech:
    """The items of a stream with what they said; without words where they cannot be had."""

    def __init__(self, request: Request, messages: MessageReader) -> None:
        self._messages = messages
        self._sayings = sayings.Sayings(request, messages) if _has_words else None

    @property
    def is_recognised(self) -> bool:
        """Whether it is known what the rest will say."""
        meaning = self._sayings.meaning if self._sayings is not None else None
        return meaning is None or meaning.is_recognised

    def feed(self, record: Record) -> Iterator[Said]:
        """Yield what a record completes."""
        if self._sayings is None:
            return map(Said, self._messages.feed(record))
        return (Said(*said[:2]) for said in self._sayings.feed(record))

    def pause(self) -> Iterator[Said]:
        """Yield what is held: no more comes for now."""
        found = () if self._sayings is None else self._sayings.pause()
        return (Said(*said[:2]) for said in found)

    def end(self) -> Iterator[Said]:
        """Yield what is left: no more comes."""
        if self._sayings is None:
            return map(Said, self._messages.end())
        return (Said(*said[:2]) for said in self._sayings.end())


class Reading:
    """The rows of one stream.

    Args:
        head: when it came is the time before the first row.
        columns: where rows with words end.

    Attributes:
        fed: how many chunks have been read.
        rows: what there is to show.
        has_stopped: whether the rest is not read, as it takes too long.
    """

    def __init__(self, request: Request, head: Response, columns: int) -> None:
        self.fed = 0
        self.rows = Excerpt()
        self.has_stopped = False
        self._fed_bytes = 0
        self._messages = MessageReader(head)
        self._speech = Speech(request, self._messages)
        self._before_s = head.t_s
        self._worded = Rows(Content.WORDS, width=columns)
        self._has_ended = False

    @property
    def is_to_be_kept(self) -> bool:
        """Whether it may be read on; else what the rows say is not known, and all is read again."""
        is_long = self.has_stopped or self._fed_bytes > _READ_AGAIN_BYTES
        return is_long or self._speech.is_recognised

    def read_on(self, chunks: Sizes, body: bytes, *, is_live: bool) -> None:
        """Read the chunks that have not been read yet, as far as there is time."""
        until_s = perf_counter() + _LOOK_S
        for t_s, size in chunks[self.fed :]:
            if self.has_stopped:
                return
            data = body[self._fed_bytes : self._fed_bytes + size]
            self._add(self._speech.feed([t_s, BYTES, data]), until_s)
            self.fed += 1
            self._fed_bytes += size
        if is_live:
            self._add(self._speech.pause(), until_s)
        elif not self._has_ended:
            self._has_ended = True
            self._add(self._speech.end(), until_s)

    def remarks(self) -> list[str]:
        """What to know of the stream after its last row."""
        damage = self._messages.damage
        if damage is not None:
            return [printable(str(damage))]
        if self._messages.is_unframed:
            return ["the body has no messages: its chunks are in the view 'Event stream, chunks'"]
        if self._has_ended and not self.has_stopped and self._messages.unfinished() is not None:
            return ["the stream ends within an event, which clients never see"]
        return []

    def _add(self, came: Iterable[Said], until_s: float) -> None:
        for item, phrases in came:
            rows = self._worded if phrases else _DATA
            selected = Selected(item, data_of(item), self._before_s, phrases)
            self.rows.add(partial(rows.line, selected))
            self._before_s = item.t_s
            if not self.rows.count % _ROWS_A_CHECK and perf_counter() > until_s:
                self.has_stopped = True
                return
