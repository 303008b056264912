"""Parses mitmproxy's filter expressions, as far as an exchange's heads can answer them. No I/O.

    whole  = either { either }              all of them
    either = both { "|" both }
    both   = single { "&" single }
    single = "!" single | "(" either ")" | atom
    atom   = "~all" | "~c" number | "~d" regex | regex, which means "~u" regex, ...

An expression means here what it means to mitmproxy, its surprises included: an operator ends at
white space, so `(~all )` needs its space; within parentheses, expressions in a row are none; in
quotes, a backslash takes the next character as it is; and an operator that nothing follows is a
regular expression.
"""

import re

from ssetape.errors import RecordOptionError
from ssetape.tap.filter_operators import (
    ANSWERED,
    BYTES,
    PLAIN,
    STATUS,
    TEXTS,
    UNANSWERED,
    searching,
)
from ssetape.tap.filter_operators import Filter as Filter
from ssetape.tap.filter_operators import Heads as Heads

# Python's stack holds more, but mitmproxy's own parser takes minutes at a dozen.
NESTING_LIMIT = 50


def parse(expression: str) -> Filter:
    """The filter that an expression describes; "" lets everything through.

    Raises:
        RecordOptionError: it is not a filter expression, or asks for what the heads do not say.
    """
    return _Parser(expression).whole() if expression else PLAIN["all"]


_WHITE = " \t\r\n"
_WORD = rf"[^()~'\"{_WHITE}]+"
# Quotes are closed on the line that they are opened on.
_QUOTED = r""""(?:[^"\n\r\\]|\\.)*"|'(?:[^'\n\r\\]|\\.)*'"""
_REGEX = re.compile(f"[{_WHITE}]*({_QUOTED}|{_WORD})")
_NUMBER = re.compile(f"[{_WHITE}]*([0-9]+)")
_NAME = re.compile("~([!-~]*)")
_ESCAPED = {"t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class _Parser:
    """A recursive descent that never goes back, so its time grows with the expression's length."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._at = 0
        self._levels = 0

    def whole(self) -> Filter:
        parts = [self._either()]
        while self._next():
            parts.append(self._either())
        return _all_of(parts)

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._takes("|"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda heads: any(part(heads) for part in parts)

    def _both(self) -> Filter:
        parts = [self._single()]
        while self._takes("&"):
            parts.append(self._single())
        return _all_of(parts)

    def _single(self) -> Filter:
        self._levels += 1
        if self._levels > NESTING_LIMIT:
            raise self._error(f"more than {NESTING_LIMIT} levels of ! and ( in each other")
        if self._takes("!"):
            found = _not(self._single())
        elif self._next() == "(":
            found = self._parenthesis()
        else:
            found = self._atom()
        self._levels -= 1
        return found

    def _parenthesis(self) -> Filter:
        opened = self._at
        self._at += 1
        inner = self._either()
        closing = self._next()
        if not closing:
            raise self._error("this parenthesis is not closed", opened)
        if closing != ")":
            raise self._error("expected &, | or ): between parentheses, `and` has to be written &")
        self._at += 1
        return inner

    def _atom(self) -> Filter:
        first, begun = self._next(), self._at
        if name := _NAME.match(self._expression, begun):
            self._at = name.end()
            return self._operator(name[1], begun)
        pattern = self._argument(_REGEX)
        if pattern is not None:
            return self._searching("u", pattern, begun)
        if not first:
            raise self._error("expected an operator or a regular expression, but it ends here")
        if first == ")":
            raise self._error("no open parenthesis before this one, or nothing between the two")
        raise self._error("this quote is not closed")

    def _operator(self, name: str, begun: int) -> Filter:
        if name in PLAIN:
            return PLAIN[name]
        if name in TEXTS or name in BYTES:
            pattern = self._argument(_REGEX)
            if pattern is None:
                raise self._error(f"~{name} needs a regular expression after it", begun)
            return self._searching(name, pattern, begun)
        if name == STATUS:
            status = self._argument(_NUMBER)
            if status is None:
                raise self._error(f"~{name} needs a status after it, such as ~{name} 200", begun)
            return lambda heads: str(heads.status) == status.lstrip("0")
        known = re.sub("[^a-z].*", "", name)
        works = "these work: " + " ".join(f"~{each}" for each in ANSWERED)
        if name in UNANSWERED:
            problem = f"~{name} asks for {UNANSWERED[name]}; {works}"
        elif known in ANSWERED or known in UNANSWERED:
            problem = f"~{name} is not an operator: put a space after ~{known}"
        else:
            problem = f"~{name} is not an operator; {works}"
        raise self._error(problem, begun)

    def _searching(self, name: str, pattern: str, begun: int) -> Filter:
        try:
            return searching(name, pattern)
        except ValueError as error:
            raise self._error(str(error), begun) from error

    def _argument(self, kind: re.Pattern[str]) -> str | None:
        found = kind.match(self._expression, self._at)
        if found is None:
            return None
        self._at = found.end()
        if found[1][0] not in "'\"":
            return found[1]
        return re.sub(r"\\(.)", lambda each: _ESCAPED.get(each[1], each[1]), found[1][1:-1])

    def _next(self) -> str:
        """Skip white space; the character after it, "" at the end."""
        while self._expression[self._at : self._at + 1] in tuple(_WHITE):
            self._at += 1
        return self._expression[self._at : self._at + 1]

    def _takes(self, operator: str) -> bool:
        """Step over an operator, if it comes next and something follows it."""
        pattern = rf"[{_WHITE}]*{re.escape(operator)}[{_WHITE}]*(?=[^){_WHITE}])"
        found = re.compile(pattern).match(self._expression, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _error(self, problem: str, at: int | None = None) -> RecordOptionError:
        where = 1 + (self._at if at is None else at)
        return RecordOptionError(f"--filter {self._expression!r}: at character {where}: {problem}")


def _not(inner: Filter) -> Filter:
    return lambda heads: not inner(heads)


def _all_of(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else lambda heads: all(part(heads) for part in parts)
