"""Turns an exchange's records into messages: the only place that decides what a body is."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

from ssetape.errors import DecodingError, EventTooLarge, FramingError
from ssetape.format import decode
from ssetape.format.values import (
    BYTES,
    HEAD,
    SOCKET_CODES,
    TEXT,
    Chunk,
    Headers,
    Message,
    Record,
    Response,
)
from ssetape.messages.events import Events
from ssetape.messages.framing import UNDECIDED, Framer, Framing, FramingDecision
from ssetape.messages.message import Item, StreamMessage, TimedComment

if TYPE_CHECKING:  # only those who read files need what these import
    from ssetape.format.file import CaptureFile
    from ssetape.format.plain_blocks import Plain

# How a body can be damaged.
Damage = DecodingError | EventTooLarge | FramingError
_DAMAGES = (DecodingError, EventTooLarge, FramingError)


class _BodyState(Enum):
    """What is known of a body."""

    UNDECIDED = auto()  # chunks are held until the framing is known
    FRAMED = auto()
    UNFRAMED = auto()  # not a message stream
    DAMAGED = auto()  # the rest is ignored


class MessageReader:
    """Turns the records of one exchange into messages: fed one by one, or read in one go.

    Laws:

    1. Where records are cut makes no difference to the messages, only to their times.
    2. Damage in a body raises nothing. It is reported in `damage` and ends the messages; those
       before it are yielded.

    Args:
        head: the response head; None if it is among the records, or missing.
        is_websocket: whether the records are a WebSocket's, whose data records are messages.
        default: how to frame a body that is not a message stream; None to read no messages.
        name: what error messages call the capture.

    Attributes:
        head: the response head, once known.
        framing: how the body is framed; None if not known yet, or not a message stream.
        damage: why the rest of the body is not read, or None.
    """

    def __init__(
        self,
        head: Response | None = None,
        is_websocket: bool = False,
        *,
        default: Framing | None = None,
        name: str = "capture",
    ) -> None:
        self.head = head
        self.is_websocket = is_websocket
        self.framing: Framing | None = None
        self.damage: Damage | None = None
        self._default = default
        self._name = name
        self._body = _BodyState.UNDECIDED
        self._decision: FramingDecision | None = None
        self._held: list[Chunk] = []
        self._framer: Framer | None = None

    def read(self, records: Iterable[Record]) -> Iterator[Item]:
        """Yield the messages of all records, in order.

        Raises:
            CaptureError: (as `records`, or) the head record is malformed.
        """
        for record in records:
            yield from self.feed(record)
        yield from self.end()

    def feed(self, record: Record) -> Iterator[Item]:
        """Yield the messages that a record completes.

        Raises:
            CaptureError: the record is a malformed head.
        """
        code = record[1]
        if code in SOCKET_CODES:
            if self.is_websocket:
                yield decode.message(record)
            elif code in (TEXT, BYTES):
                yield from self.feed_chunk(Chunk(record[0], record[2]))
        elif code == HEAD and self.head is None:
            self.head = decode.head(record, self._name)

    def feed_chunk(self, chunk: Chunk) -> Iterator[StreamMessage | TimedComment]:
        """Yield the messages that a chunk of the body completes."""
        if self._body is _BodyState.FRAMED:
            yield from self._framed(chunk)
        elif self._body is _BodyState.UNDECIDED:
            self._held.append(chunk)
            try:
                self._decision = self._decision or FramingDecision(self._headers)
                verdict = self._decision.feed(chunk.data)
            except DecodingError as error:
                self._fail(error)
                return
            if verdict is not UNDECIDED:
                yield from self._decide(verdict)

    def feed_plain(self, block: "Plain") -> Iterator[StreamMessage]:
        """Yield the messages of a block; equals `feed` for each record. Only between events."""
        assert isinstance(self._framer, Events)
        return self._framer.feed_plain(block)

    def skip(self, block: "Plain") -> None:
        """Pass over a block whose messages are not needed. Only between events."""
        assert isinstance(self._framer, Events)
        self._framer.skip(block)

    def end(self) -> Iterator[StreamMessage | TimedComment]:
        """Yield what the end of the records completes."""
        if self._body is _BodyState.UNDECIDED and self._decision is not None:
            yield from self._decide(self._decision.end())
        if self._body is _BodyState.FRAMED and self._framer is not None:
            yield from self._framer.end()

    @property
    def open_since(self) -> int:
        """Offset in the decoded body of the first byte that may belong to a future message."""
        return self._framer.open_since if self._framer is not None else 0

    @property
    def is_unframed(self) -> bool:
        """Whether the body is known not to be a message stream."""
        return self._body is _BodyState.UNFRAMED

    @property
    def is_between_events(self) -> bool:
        """Whether the body is an event stream whose next byte received begins an event."""
        return isinstance(self._framer, Events) and self._framer.is_between_events

    def unfinished(self) -> StreamMessage | None:
        """The event left unfinished at the end of an event stream: clients never see it."""
        return self._framer.unfinished() if isinstance(self._framer, Events) else None

    @property
    def _headers(self) -> Headers:
        return self.head.headers if self.head is not None else []

    def _decide(self, verdict: Framing | None) -> Iterator[StreamMessage | TimedComment]:
        held, self._held = self._held, []
        self.framing = verdict
        framing = verdict or self._default
        if framing is None:
            self._body = _BodyState.UNFRAMED
            return
        try:
            self._framer = framing.framer(self._headers)
        except DecodingError as error:
            self._fail(error)
            return
        self._body = _BodyState.FRAMED
        for chunk in held:
            yield from self._framed(chunk)

    def _framed(self, chunk: Chunk) -> Iterator[StreamMessage | TimedComment]:
        assert self._framer is not None
        try:
            yield from self._framer.feed(chunk)
        except _DAMAGES as error:
            self._fail(error)

    def _fail(self, damage: Damage) -> None:
        self.damage = damage.with_traceback(None)  # which would keep megabytes of the body alive
        self._body = _BodyState.DAMAGED
        self._held = []


def spoken(item: Item) -> StreamMessage | None:
    """The item as a message with text; None if it is a comment, or a binary or dropped message."""
    if type(item) is StreamMessage:
        return item
    if isinstance(item, Message) and not item.dropped:
        text = item.text
        if text is not None:
            return StreamMessage(item.t_s, item.t_s, "", text, from_client=item.from_client)
    return None


def messages_of(capture: "CaptureFile") -> Iterator[StreamMessage]:
    """Yield a capture's messages with text, up to any damage in its body.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    for item in messages.read(capture.records()):
        message = spoken(item)
        if message is not None:
            yield message
