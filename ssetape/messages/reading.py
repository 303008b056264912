"""Reads an exchange's records into messages: the one place that decides what a body is."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from ssetape.errors import DecodingError, EventTooLarge, FramingError
from ssetape.format import decode
from ssetape.format.file import CaptureFile
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

# What a body can be damaged by.
Damage = DecodingError | EventTooLarge | FramingError
_DAMAGES = (DecodingError, EventTooLarge, FramingError)


class _BodyState(Enum):
    """How far a body is understood."""

    UNDECIDED = auto()  # what came is held until it is known how it is framed
    FRAMED = auto()
    UNFRAMED = auto()  # no stream of messages
    DAMAGED = auto()  # nothing more is read


class MessageReader:
    """Turns the records of one exchange into messages: fed as they come, or read in one go.

    Laws:

    1. Where records are cut makes no difference to the messages, only to their times.
    2. Damage in a body ends its messages and raises nothing: it is in `damage`, and what is good
       before it has been given.

    Args:
        head: the response's head; None: it is among the records to come, or there is none.
        is_websocket: whether the records are a WebSocket's, each of which is a message.
        default: how to frame a body that is no stream of messages; None: it has no messages.
        name: what errors call the capture.

    Attributes:
        head: the response's head, as soon as it is known.
        framing: how the body is framed; None: not known yet, or no stream of messages.
        damage: why nothing more is read, or None.
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
        """Give the messages of all records, in their order.

        Raises:
            CaptureError: (as `records`, or) a record is not what the format has.
        """
        for record in records:
            yield from self.feed(record)
        yield from self.end()

    def feed(self, record: Record) -> Iterator[Item]:
        """Give the messages that a record completes.

        Raises:
            CaptureError: the record is a head, and damaged.
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
        """Give the messages that a chunk of the body completes."""
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

    def end(self) -> Iterator[StreamMessage | TimedComment]:
        """Give what the end of the records completes."""
        if self._body is _BodyState.UNDECIDED and self._decision is not None:
            yield from self._decide(self._decision.end())
        if self._body is _BodyState.FRAMED and self._framer is not None:
            yield from self._framer.end()

    @property
    def open_since(self) -> int:
        """Offset in the decoded body of the first byte that a message to come may begin with."""
        return self._framer.open_since if self._framer is not None else 0

    @property
    def is_unframed(self) -> bool:
        """Whether it is known that the body is no stream of messages."""
        return self._body is _BodyState.UNFRAMED

    @property
    def is_between_events(self) -> bool:
        """Whether the body is an event stream whose next byte, as it comes, begins an event."""
        return isinstance(self._framer, Events) and self._framer.is_between_events

    def unfinished(self) -> StreamMessage | None:
        """The event that an event stream has left unfinished: clients never see it."""
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
        self.damage = damage
        self._body = _BodyState.DAMAGED
        self._held = []


def spoken(item: Item) -> StreamMessage | None:
    """The message with text that an item is; None of a comment, and of a binary message."""
    if type(item) is StreamMessage:
        return item
    if isinstance(item, Message) and not item.dropped:
        text = item.text
        if text is not None:
            return StreamMessage(item.t_s, item.t_s, "", text, from_client=item.from_client)
    return None


def messages_of(capture: CaptureFile) -> Iterator[StreamMessage]:
    """Give the messages with text of a capture, up to damage in its body.

    Raises:
        CaptureError: the capture cannot be read (further).
    """
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    for item in messages.read(capture.records()):
        message = spoken(item)
        if message is not None:
            yield message
