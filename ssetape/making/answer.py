"""What a made answer says, as facts. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from ssetape.errors import SsetapeError
from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.making.distribution import Distribution
from ssetape.making.filler import filler
from ssetape.output.did_you_mean import expected_one_of
from ssetape.protocols.writing._blocks import BlockWriter, Tokens, words_for

# Texts that are longer are no answers, and would be held several times.
TOKENS_LIMIT = 1_000_000


class Call(NamedTuple):
    """A tool call: `arguments` is JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer is to say.

    Attributes:
        prompt: the question.
        text: the text; None for filler.
        tokens: how many tokens of filler.
        usage: the tokens of question and answer, or the counts in the provider's own names; None
            to count what is said.
        model, stop: as the provider names them; None for the protocol's usual ones.
        error: what breaks the answer off after all else, or None.
    """

    prompt: str = "Hello"
    text: str | None = None
    tokens: Distribution | None = None
    reasoning: str = ""
    calls: Sequence[Call] = ()
    usage: Tokens | dict[str, Any] | None = None
    model: str | None = None
    stop: str | None = None
    error: str | None = None


class Said(NamedTuple):
    """The facts of an answer: about all of it, then a piece for each token, then its end."""

    about: list[Fact]
    pieces: list[Fact]
    end: Fact


def check(wanted: Wanted, writer: type[BlockWriter], name: str) -> None:
    """Check that a protocol has a place for what is wanted.

    Raises:
        SsetapeError: it has none.
    """
    for kind, value in (
        (Reasoning, wanted.reasoning),
        (ToolCall, wanted.calls),
        (Usage, wanted.usage),
        (Stop, wanted.stop),
        (Failure, wanted.error),
    ):
        if value and kind in writer.LACKS:
            raise SsetapeError(f"{name} has no place for {words_for(kind)}: leave it out")
    if wanted.model and not writer.MODEL:
        raise SsetapeError(f"{name} has no place for {words_for(Model)}: leave it out")
    if wanted.stop is not None and writer.STOPS and wanted.stop not in writer.STOPS:
        known = expected_one_of(writer.STOPS, wanted.stop)
        raise SsetapeError(f"a stop reason of {name}: {known}")


def said(
    wanted: Wanted, writer: type[BlockWriter], cut: Callable[[str], list[str]], chance: Random
) -> Said:
    """The facts of an answer.

    Raises:
        SsetapeError: it would have more than TOKENS_LIMIT tokens.
    """
    reasoning: list[Fact] = [Reasoning(piece) for piece in cut(wanted.reasoning)]
    pieces = reasoning + [Text(piece) for piece in _text(wanted, cut, chance)]
    for number, call in enumerate(wanted.calls):
        key = f"{number}"
        pieces.append(ToolCall(key, f"call_{chance.getrandbits(96):024x}", call.name))
        pieces += [ToolCall(key, arguments=piece) for piece in cut(call.arguments)]
    if len(pieces) > TOKENS_LIMIT:
        raise SsetapeError(f"an answer of {len(pieces):,} tokens: at most {TOKENS_LIMIT:,} fit")
    stop = wanted.stop or (writer.CALLS_STOP if wanted.calls else writer.STOP)
    usage = wanted.usage
    if usage is None:
        usage = Tokens(len(cut(wanted.prompt)), len(pieces), len(reasoning))
    counts = writer.counts(usage) if isinstance(usage, Tokens) else usage
    about: list[Fact] = [Model(wanted.model or writer.MODEL), Role(writer.ROLE)]
    about += [Stop(stop), Usage(counts)]
    end = Done("") if wanted.error is None else Failure(wanted.error, wanted.error)
    return Said([fact for fact in about if type(fact) not in writer.LACKS], pieces, end)


def _text(wanted: Wanted, cut: Callable[[str], list[str]], chance: Random) -> list[str]:
    if wanted.text is not None:
        return cut(wanted.text)
    if wanted.tokens is None:
        return []
    count = max(1, round(wanted.tokens.draw(chance)))
    if count > TOKENS_LIMIT:
        raise SsetapeError(f"a text of {count:,} tokens: at most {TOKENS_LIMIT:,} fit")
    return filler(count, cut, chance)
