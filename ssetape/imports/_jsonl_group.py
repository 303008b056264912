"""The lines of one capture among those of a file."""

from dataclasses import dataclass, field
from typing import Any

from ssetape.editing.lines import END, HEAD, REQUEST, TRAILERS
from ssetape.errors import LineError
from ssetape.imports._jsonl_lines import MESSAGES, Line

# There is one line of each of these.
SINGLE = (REQUEST, HEAD, TRAILERS, END)


@dataclass
class Group:
    """The lines of one capture.

    Attributes:
        single: those that there is one of, by their kind.
        body: the others, in order.
        numbers: the numbers of all of them.
        wrong: the first that is wrong, if any.
    """

    single: dict[str, Line] = field(default_factory=dict)
    body: list[Line] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    wrong: LineError | None = None

    def fail(self, error: LineError) -> None:
        """Keep what is wrong, if it is the first."""
        self.wrong = self.wrong or error

    @property
    def first(self) -> int:
        """The number of the first line."""
        return self.numbers[0] if self.numbers else 1

    def add(self, line: Line) -> None:
        """Add a line, or keep what is wrong with it."""
        self.numbers.append(line.number)
        try:
            kind = line.kind
            if kind in SINGLE:
                if kind in self.single:
                    raise LineError(line.number, f"a second line of the kind {kind}")
                self.single[kind] = line
            elif END in self.single or TRAILERS in self.single:
                raise LineError(line.number, f"{kind}: a line behind the end of the body")
            else:
                self.body.append(line)
        except LineError as error:
            self.fail(error)

    def fill(self, like: list[dict[str, Any]]) -> None:
        """Take from a capture's lines what these do not say."""
        messages = {}
        for fields in like:
            kind = fields["kind"]
            if kind in (REQUEST, HEAD, TRAILERS, END):
                given = self.single.get(kind)
                number = given.number if given else self.first
                own = given.fields if given else {}
                self.single[kind] = Line(number, {**fields, **own})
            elif fields["seq"] is not None:
                messages[fields["seq"]] = fields
        for place, line in enumerate(self.body):
            seq = line.fields.get("seq")
            if type(seq) is int and line.fields.get("kind", MESSAGES[0]) in MESSAGES:
                self.body[place] = Line(line.number, {**messages.pop(seq, {}), **line.fields})
