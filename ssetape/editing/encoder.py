"""What every encoder of messages has: the reverse of the framings in `messages`. Pure."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from ssetape.errors import EventTooLarge, FramingError
from ssetape.format.values import Chunk
from ssetape.messages.framing import Framing
from ssetape.messages.message import StreamMessage


class Fields(NamedTuple):
    """What a message says. Fields as in `StreamMessage`."""

    name: str
    data: str
    event_id: str = ""
    retry_ms: int | None = None

    @classmethod
    def of(cls, message: StreamMessage) -> "Fields":
        """Those of a message that was read."""
        return cls(message.name, message.data, message.event_id, message.retry_ms)


class Encoder(ABC):
    """Encodes the messages of one body, in order."""

    framing: ClassVar[Framing]

    @property
    def event_id(self) -> str:
        """The last event ID so far."""
        return ""

    @property
    def gap(self) -> bytes:
        """The bytes that have to come before the next message, whatever its own are."""
        return b""

    @abstractmethod
    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        """The bytes of a message at this place.

        Args:
            like: the bytes that it had before it was changed; what they have and the fields do
                not, such as the kind of line ends, stays.
        """

    def says(self, raw: bytes, fields: Fields) -> bool:
        """Whether bytes at this place are one message with these fields, and nothing more."""
        framer = self.framing.framer([])
        try:
            items = [*framer.feed(Chunk(0.0, self._standalone(raw))), *framer.end()]
        except (EventTooLarge, FramingError):
            return False
        return [(item.name, item.data) for item in items if isinstance(item, StreamMessage)] == [
            (fields.name, fields.data)
        ]

    @abstractmethod
    def add(self, raw: bytes) -> None:
        """Go on behind these bytes of the body.

        Raises:
            EventTooLarge: they have an event that no parser holds.
        """

    def _standalone(self, raw: bytes) -> bytes:
        return raw
