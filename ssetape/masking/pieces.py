"""Puts together the messages that models send in pieces: a piece may end within a secret.

Nothing is known here of protocols. Fields of the same name, one after the other, are one message,
and so are lines of data that are plain words.
"""

import re
from collections.abc import Iterator

from ssetape.masking.views import JSON_ESCAPE, NO_ESCAPE, View

# The names of fields that carry a message piece by piece.
_MODEL_WORDS = (
    "answer|args|arguments|chunk|completion|content|data|delta|generated_text|generation|input|"
    "input_json_delta|message|output|outputText|output_text|parameters|partial_json|reasoning|"
    "reasoning_content|reasoning_text|refusal|response|result|stderr|stdout|summary|text|"
    "textDelta|text_output|thinking|thought|inputTextDelta|token|tool_plan|transcript|v|value"
)
_STRING = r'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"'
_PIECE = re.compile(
    rf'"(?:({_MODEL_WORDS})"[ \t]*:[ \t]*{_STRING}'
    r'|((?:output_|content_|item_)?index)"[ \t]*:[ \t]*(\d{1,6}))'.encode()
)
# These begin with characters that are searched for quickly, so they match within lines, too.
_PLAIN_BYTES = 24
_PLAIN_LINES = re.compile(rb'data: ?([^\s{\[:"][^\r\n]*)')
# Vercel's data stream: a digit or a letter, a colon, a string.
_NUMBERED_LINES = re.compile(rf"\n[0g]:{_STRING}".encode())
_FIRST_NUMBERED_LINE = re.compile(rf"[0g]:{_STRING}".encode())


def messages(data: bytes) -> Iterator[View]:
    """Yield each message that `data` has in several pieces."""
    views = (*_fields(data), *_plain_lines(data), _numbered_lines(data))
    return (view for view in views if view.is_assembled)


def _plain_lines(data: bytes) -> Iterator[View]:
    """Yield what short lines add up to. A long one is no piece of a word: it is complete."""
    view = View()
    for match in _PLAIN_LINES.finditer(data):
        if match.start() and data[match.start() - 1] not in b"\r\n":
            continue
        if len(match[1]) <= _PLAIN_BYTES:
            view.add(data, match.span(1), NO_ESCAPE)
        else:
            yield view
            view = View()
    yield view


def _numbered_lines(data: bytes) -> View:
    view = View()
    if first := _FIRST_NUMBERED_LINE.match(data):
        view.add(data, first.span(1), JSON_ESCAPE)
    for match in _NUMBERED_LINES.finditer(data):
        view.add(data, match.span(1), JSON_ESCAPE)
    return view


def _fields(data: bytes) -> Iterator[View]:
    """Yield what fields of the same name add up to; those of each index apart.

    If no index comes twice, it counts the pieces (TGI): then all are of one message.
    """
    found: dict[tuple[bytes, bytes], View] = {}
    firsts: dict[bytes, View] = {}
    index, line_end = b"", 0
    for match in _PIECE.finditer(data):
        if index and match.start() > line_end:
            index = b""
        if match[3]:
            index, line_end = match[4], data.find(b"\n", match.end()) % (len(data) + 1)
            continue
        view = found.get((match[1], index))
        if view is None:
            view = found[match[1], index] = View()
            firsts.setdefault(match[1], View()).add(data, match.span(2), JSON_ESCAPE)
        view.add(data, match.span(2), JSON_ESCAPE)
    several = {name for (name, _), view in found.items() if view.is_assembled}
    yield from found.values()
    yield from (view for name, view in firsts.items() if name not in several)
