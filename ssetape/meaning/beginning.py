"""The first words of an exchange, read no further than they need."""

from typing import NamedTuple

from ssetape.facts import Model, Reasoning, Text, ToolCall
from ssetape.format.file import CaptureFile
from ssetape.meaning.question import asked
from ssetape.meaning.reading import Meaning
from ssetape.meaning.typing_effect import Typist
from ssetape.messages.detection import media_types
from ssetape.messages.ordinary import is_ordinary

# A list shows fewer, even on a wide terminal.
CHARACTERS = 100
# Messages without a word to show: more of them, and a list would be slow.
MESSAGES_LIMIT = 1000


class Beginning(NamedTuple):
    """How an exchange begins.

    Attributes:
        protocol: None if it is unknown.
        model: as the answer names it by then; None if it does not.
        first_text_s: when the first text came; None if none did by then.
        text: the first words of the answer, in one line; of an answer without any, `call NAME`,
            `(thinking) ...`, or `(asked) ...` and the last question; of an ordinary response that
            no protocol knows, `1 body` and its type.
    """

    protocol: str | None
    model: str | None
    first_text_s: float | None
    text: str


def beginning_of(capture: CaptureFile, messages_limit: int | None = MESSAGES_LIMIT) -> Beginning:
    """The beginning of a capture.

    Args:
        messages_limit: after so many messages without text, look no further; None to read on.

    Raises:
        CaptureError: the capture cannot be read.
    """
    meaning, typist = Meaning.of(capture), Typist()
    model = first_text_s = None
    text = thought = called = ""
    for number, (message, facts) in enumerate(meaning.read(capture.records()), 1):
        for fact in facts:
            if isinstance(fact, Text) and fact.text and first_text_s is None:
                first_text_s = message.t_s
            elif isinstance(fact, Model):
                model = model or fact.name
            elif isinstance(fact, Reasoning) and len(thought) < CHARACTERS:
                thought += fact.text
            elif isinstance(fact, ToolCall):
                called = called or fact.name
        for piece in typist.type(meaning.protocol, message, facts):
            text = piece.text if piece.replaces else text + piece.text
        if len(text.lstrip()) >= CHARACTERS or number == messages_limit:
            break
    words = _one_line(text)
    if meaning.protocol is None and is_ordinary(capture):
        headers = capture.response.headers if capture.response else []
        words = ", ".join(["1 body", *media_types(headers)[:1]])
    elif not words and called:
        words = _one_line(f"call {called}")
    elif not words and thought.strip():
        words = _one_line(f"(thinking) {thought}")
    elif not words:
        questions = [question for role, question in asked(capture.request) if role == "user"]
        words = _one_line(f"(asked) {questions[-1]}") if questions else ""
    return Beginning(meaning.protocol, model, first_text_s, words)


def _one_line(text: str) -> str:
    # Cut before it is split: a question may be megabytes.
    return " ".join(text.lstrip()[: 2 * CHARACTERS].split())[:CHARACTERS]
