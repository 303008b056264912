"""What a message added to the answer, in a few words. Pure."""

from collections.abc import Iterable, Sequence

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import as_text
from ssetape.meaning.phrases import Phrase, Sort, quoted
from ssetape.meaning.tokens import input_count, output_count


class Wording:
    """Words the facts of one answer: the messages' facts come in order.

    It knows the names of the calls so far, so that each piece of one has its name.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, facts: Sequence[Fact]) -> list[Phrase]:
        """What a message added, one phrase after the other; [] if it added nothing."""
        phrases: list[Phrase] = []
        for fact in facts if len(facts) < 2 else _joined(facts):
            words = self._words(fact)
            if words:
                phrases.append(Phrase(_SORTS.get(type(fact), Sort.NOTE), words))
        return phrases

    def _words(self, fact: Fact) -> str:
        if isinstance(fact, Text):
            return _spoken(fact, quoted(fact.text))
        if isinstance(fact, Reasoning):
            return _spoken(fact, f"(thinking) {quoted(fact.text)[1:-1]}")
        if isinstance(fact, ToolCall):
            words = self._call(fact)
            return _spoken(fact, words) if words else ""
        if isinstance(fact, Part):
            value = quoted(fact.value) if type(fact.value) is str else as_text(fact.value)
            return f"{fact.kind} {value}"
        if isinstance(fact, Usage):
            return f"usage {_counts(fact)}"
        return _plain(fact)

    def _call(self, call: ToolCall) -> str:
        is_begun = call.key in self._names and not call.replaces
        if is_begun and not call.arguments and not call.name:
            return ""
        name = self._names[call.key] = call.name or self._names.get(call.key, "")
        return f"call {name}({'…' * is_begun}{call.arguments}"


_SORTS: dict[type, Sort] = {
    Text: Sort.TEXT,
    Reasoning: Sort.REASONING,
    ToolCall: Sort.CALL,
    Failure: Sort.ERROR,
}


def _joined(facts: Iterable[Fact]) -> list[Fact]:
    """The facts, with neighbouring pieces of one text or reasoning as one piece."""
    joined: list[Fact] = []
    for fact in facts:
        last = joined[-1] if joined else None
        if (
            isinstance(fact, Text | Reasoning)
            and type(last) is type(fact)
            and last.choice == fact.choice
            and not fact.replaces
        ):
            joined[-1] = last._replace(text=last.text + fact.text)
        else:
            joined.append(fact)
    return joined


def _spoken(fact: Text | Reasoning | ToolCall, words: str) -> str:
    """The words with what they belong to: another choice than the first, a replaced text."""
    choice = f"[{fact.choice}] " if fact.choice else ""
    return f"{choice}{'= ' * (fact.replaces and not isinstance(fact, ToolCall))}{words}"


def _counts(usage: Usage) -> str:
    asked, answered = input_count(usage.counts), output_count(usage.counts)
    if asked is None and answered is None:
        return as_text(usage.counts)
    return f"{'' if asked is None else asked}+{'' if answered is None else answered}"


def _plain(fact: Fact) -> str:
    if isinstance(fact, Model):
        return f"model {fact.name}"
    if isinstance(fact, Role):
        return f"role {fact.role}"
    if isinstance(fact, Stop):
        return "stop" if fact.reason in ("", "stop") else f"stop {fact.reason}"
    if isinstance(fact, Failure):
        return f"error {fact.text}"
    assert isinstance(fact, Done)
    return "done"
