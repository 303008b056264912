"""Changes the items of a capture: leaves out, sets, appends. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ssetape.editing.choosing import Drop
from ssetape.editing.encoder import Encoder, Fields
from ssetape.editing.encoders import encoder_for
from ssetape.editing.pieces import comments_apart
from ssetape.editing.setting import Setting
from ssetape.errors import EditError, EventTooLarge
from ssetape.format.values import Chunk, End, Message, Response, Trailers
from ssetape.messages import framing as framings
from ssetape.messages.framing import Framing
from ssetape.messages.reading import MessageReader
from ssetape.messages.stretches import Slice, Stretch, joined, split

Part = Chunk | Trailers | End
SocketPart = Message | Trailers | End


@dataclass
class Changes:
    """What is changed, in this order: cut, drop, set.

    Attributes:
        since_s, until_s: what is complete before or after these times is left out; None: nothing.
        unused: the drops and settings that nothing was found for so far.
    """

    since_s: float | None = None
    until_s: float | None = None
    drops: tuple[Drop, ...] = ()
    settings: tuple[Setting, ...] = ()
    unused: list[Drop | Setting] = field(init=False)

    def __post_init__(self) -> None:
        self.unused = [*self.drops, *self.settings]

    def _use(self, found: Sequence[Drop | Setting]) -> None:
        self.unused = [each for each in self.unused if each not in found]

    @property
    def are_of_messages(self) -> bool:
        """Whether messages are changed, so that a body has to be decoded."""
        is_cut = self.since_s is not None or self.until_s is not None
        return is_cut or bool(self.drops or self.settings)

    def keeps(self, t_s: float) -> bool:
        """Whether what came at this time stays."""
        is_since = self.since_s is None or t_s >= self.since_s
        return is_since and (self.until_s is None or t_s <= self.until_s)

    def drops_message(self, number: int, name: str) -> bool:
        """Whether a message is dropped."""
        found = [drop for drop in self.drops if drop.fits(number, name)]
        self._use(found)
        return bool(found)

    def drops_comments(self) -> bool:
        """Whether a comment is dropped."""
        found = [drop for drop in self.drops if drop.comments]
        self._use(found)
        return bool(found)

    def applied(self, data: str, number: int) -> str:
        """The data of a message, with what is set in it."""
        for setting in self.settings:
            changed = setting.apply(data, number)
            if changed is not None:
                data = changed
                self._use([setting])
        return data

    def check(self) -> None:
        """Check that everything asked for was found; call when all is read.

        Raises:
            EditError: something was not.
        """
        for each in self.unused:
            raise EditError(f"{each}: there is nothing like it in the capture")

    def at_end(self, part: Trailers | End) -> Trailers | End:
        """The end, not later than what stays."""
        if self.until_s is None or part.t_s <= self.until_s:
            return part
        moved: Trailers | End = at(part, self.until_s)
        return moved


class ChangedBody:
    """A body with changes.

    Args:
        behind: the body that this one is appended to, if any; its parts have to be read first.
    """

    def __init__(
        self, response: Response | None, changes: Changes, behind: "ChangedBody | None" = None
    ) -> None:
        self._reader = MessageReader(response, default=framings.LINES)
        self._changes = changes
        self._behind = behind
        self._encoder: Encoder | None = None

    @property
    def framing(self) -> Framing:
        """How the body is framed."""
        return self._reader.framing or framings.LINES

    def parts(self, parts: Iterable[Part], *, is_appended_to: bool = False) -> Iterator[Part]:
        """Yield the changed parts.

        Args:
            is_appended_to: whether another body follows, so that an array stays open.

        Raises:
            EditError: a setting does not fit.
            FramingError, EventTooLarge: the body is not framed as its head says.
        """
        return joined(self._items(parts, is_appended_to))

    def _items(
        self, parts: Iterable[Part], is_appended_to: bool
    ) -> Iterator[Stretch | Trailers | End]:
        number = 0
        before: list[Slice] = []
        for item in split(parts, self._reader):
            if self._reader.damage is not None:
                raise self._reader.damage
            if isinstance(item, Trailers | End):
                yield from self._between(before, is_appended_to)
                before = []
                yield self._changes.at_end(item)
            elif item.message is None:
                if self.framing is framings.JSON_ARRAY:
                    before += item.slices
                else:
                    yield from self._between(item.slices, is_appended_to)
            else:
                number += 1
                item = item._replace(slices=[*before, *item.slices])
                before = []
                yield from self._message(item, number)
        yield from self._between(before, is_appended_to)

    def _between(self, slices: list[Slice], is_appended_to: bool) -> Iterator[Stretch]:
        raw = b"".join(piece.data for piece in slices)
        if not slices or not self._changes.keeps(slices[-1].t_s):
            return
        if is_appended_to and self.framing is framings.JSON_ARRAY and raw.strip() == b"]":
            return
        if self.framing is framings.EVENTS:
            kept = [
                part
                for text, part in comments_apart(slices)
                if text is None or not self._changes.drops_comments()
            ]
            slices = [piece for part in kept for piece in part]
        if slices:
            yield self._out(Stretch(slices, None))

    def _message(self, item: Stretch, number: int) -> Iterator[Stretch]:
        message = item.message
        assert message is not None
        changes = self._changes
        if not changes.keeps(message.t_s) or changes.drops_message(number, message.name):
            return
        data = changes.applied(message.data, number)
        fields = Fields.of(message)._replace(data=data)
        encoder = self._encoder_now()
        is_array = self.framing is framings.JSON_ARRAY
        if data != message.data or (is_array and not encoder.says(item.raw, fields)):
            last = item.slices[-1]
            item = Stretch([last._replace(data=encoder.encode(fields, item.raw))], message)
        yield self._out(item)

    def _out(self, item: Stretch) -> Stretch:
        encoder = self._encoder_now()
        if item.message is not None and encoder.gap:
            first = item.slices[0]
            slices = [first._replace(data=encoder.gap + first.data), *item.slices[1:]]
            item = item._replace(slices=slices)
        try:
            encoder.add(item.raw)
        except EventTooLarge as error:
            raise EditError(str(error)) from error
        return item

    def _encoder_now(self) -> Encoder:
        if self._encoder is None:
            # A body without a message and without bytes has no framing to go on with.
            before = self._behind and self._behind._encoder
            self._encoder = before or encoder_for(self.framing.name)
        if self._encoder.framing is not self.framing:
            raise EditError(
                f"a body of {self.framing.name} cannot be appended to one of "
                f"{self._encoder.framing.name}: a client reads one framing"
            )
        return self._encoder


def appended(first: Iterable[Any], other: Iterable[Any], head_s: float) -> Iterator[Any]:
    """Yield the parts of one exchange, and behind its end those of another.

    Args:
        head_s: when the head of the other came: its parts keep their distance to it.
    """
    latest_s = 0.0
    for part in first:
        latest_s = max(latest_s, part.t_s)
        if not isinstance(part, Trailers | End):
            yield part
    for part in other:
        yield at(part, latest_s + max(0.0, part.t_s - head_s))


def at(part: Any, t_s: float) -> Any:
    """The same part at another time."""
    return replace(part, t_s=t_s) if isinstance(part, End) else part._replace(t_s=t_s)


def changed_messages(items: Iterable[SocketPart], changes: Changes) -> Iterator[SocketPart]:
    """Yield the messages of a WebSocket with changes; raises EditError."""
    number = 0
    for item in items:
        if not isinstance(item, Message):
            yield changes.at_end(item)
            continue
        number += 1
        name = "text" if item.is_text else "binary"
        if not changes.keeps(item.t_s) or changes.drops_message(number, name):
            continue
        text = item.text
        if text is not None:
            item = item._replace(data=changes.applied(text, number).encode())
        yield item
