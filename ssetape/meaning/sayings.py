"""A stream's items in their order, each with what it added to the answer."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ssetape.errors import CaptureError
from ssetape.facts import Fact
from ssetape.format.values import Record, Request
from ssetape.meaning.phrases import Phrase
from ssetape.meaning.reading import Meaning, Understood
from ssetape.meaning.wording import Wording
from ssetape.messages.message import Item
from ssetape.messages.reading import MessageReader, spoken


class Saying(NamedTuple):
    """An item, and what it added to the answer.

    Attributes:
        phrases: [] if it added nothing; None if the protocol is unknown, or the item has no text.
        facts: the facts behind them.
    """

    item: Item
    phrases: list[Phrase] | None = None
    facts: Sequence[Fact] = ()


class Sayings:
    """Tells what each item of an exchange added: `feed` each record as it arrives, then `end`.

    The first items are held until the protocol is recognised.

    Args:
        request: the exchange's request; None to give the items alone, uninterpreted.
        messages: the reader of its messages.

    Attributes:
        meaning: what interprets them.
        messages: as given.
    """

    def __init__(self, request: Request | None, messages: MessageReader) -> None:
        self.meaning = None if request is None else Meaning(request, messages)
        self.messages = messages
        self._wording = Wording()
        self._held: deque[Item] = deque()
        # Messages that were given before it was known what they added.
        self._given_early = 0

    def read(self, records: Iterable[Record]) -> Iterator[Saying]:
        """Yield the items of all records, in order.

        Raises:
            CaptureError: (as `records`) the capture cannot be read further; all items before the
                damage have been yielded.
        """
        failure = None
        try:
            for record in records:
                yield from self.feed(record)
        except CaptureError as error:
            failure = error
        yield from self.end()
        if failure is not None:
            raise failure

    def feed(self, record: Record) -> Iterator[Saying]:
        """Yield the items that a record completes; the first ones only once there are enough."""
        for item in self.messages.feed(record):
            yield from self._came(item)

    def pause(self) -> Iterator[Saying]:
        """Yield the items still held: no more come for now."""
        if self.meaning is not None:
            yield from self._understood(self.meaning, self.meaning.pause())
            yield from self._let_go()

    def end(self) -> Iterator[Saying]:
        """Yield the items still held, and those that the end completes: no more come."""
        for item in self.messages.end():
            yield from self._came(item)
        if self.meaning is not None:
            yield from self._understood(self.meaning, self.meaning.end())
            yield from self._let_go()

    def _came(self, item: Item) -> Iterator[Saying]:
        message = None if self.meaning is None else spoken(item)
        if message is None and not self._held:
            yield Saying(item)
            return
        self._held.append(item)
        if self.meaning is not None and message is not None:
            yield from self._understood(self.meaning, self.meaning.feed(message))

    def _understood(self, meaning: Meaning, understood: list[Understood]) -> Iterator[Saying]:
        is_known = meaning.protocol is not None
        for _, facts in understood:
            phrases = self._wording.of(facts) if is_known else None
            if self._given_early:
                self._given_early -= 1
                continue
            yield from self._silent()
            yield Saying(self._held.popleft(), phrases, facts)
        if understood:
            yield from self._silent()

    def _silent(self) -> Iterator[Saying]:
        """Let go of the items without text at the front."""
        while self._held and spoken(self._held[0]) is None:
            yield Saying(self._held.popleft())

    def _let_go(self) -> Iterator[Saying]:
        while self._held:
            item = self._held.popleft()
            self._given_early += spoken(item) is not None
            yield Saying(item)
