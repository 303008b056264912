"""Text that arrives in pieces, as a whole each time, or as both."""

from collections.abc import Iterator

from ssetape.facts import Reasoning, Text

# Pieces that each begin with all text before them are the whole text each time: chance makes two
# or three such pieces ("1", "10"), never so many.
_SURE_AFTER = 8


class TextSoFar:
    """The text reported so far, so that nothing is reported twice, and nothing is left out.

    Args:
        make: the kind of fact to report.
        choice: as in `Text`.
    """

    def __init__(self, make: type[Text] | type[Reasoning] = Text, choice: int = 0) -> None:
        self.text = ""
        self._make = make
        self._choice = choice
        self._pieces = ""  # what the text is if all were pieces
        self._growths = 0
        self._may_grow = True

    def piece(self, text: str) -> Iterator[Text | Reasoning]:
        """Yield a piece."""
        if text:
            self.text += text
            yield self._make(text, self._choice)

    def whole(self, text: str) -> Iterator[Text | Reasoning]:
        """Yield what a whole text adds to the text so far, or all of it in its place."""
        before, self.text = self.text, text or self.text
        if text.startswith(before):
            if rest := text[len(before) :]:
                yield self._make(rest, self._choice)
        elif text:
            yield self._make(text, self._choice, replaces=True)

    def either(self, text: str) -> Iterator[Text | Reasoning]:
        """Yield what a text adds of which nobody says whether it is a piece or the whole.

        It counts as the whole while each begins with the one before, and is corrected otherwise.
        """
        is_sure = self._growths >= _SURE_AFTER
        if not is_sure:
            self._pieces += text
        if is_sure or (self._may_grow and text.startswith(self.text)):
            self._growths += len(text) > len(self.text) > 0
            yield from self.whole(text)
        elif self._may_grow and text:
            self._may_grow = False
            yield from self.whole(self._pieces)
        else:
            yield from self.piece(text)
