from collections.abc import Iterator
from typing import Any

import pytest
from written import OPENING

from ssetape.errors import SsetapeError
from ssetape.facts import (
    Done,
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
from ssetape.protocols.writing import Tokens
from ssetape.protocols.writing._blocks import Block, BlockWriter, words_for


class Told(BlockWriter):
    """Says what it is asked to write."""

    URL = MODEL = STOP = CALLS_STOP = "usual"
    LACKS = frozenset({Reasoning})

    @classmethod
    def request(cls, model: str, prompt: str) -> None:
        return None

    def begin(self) -> Iterator[bytes]:
        yield f"begin {self.model} {self.role} {self.stop} {self.usage};".encode()

    def start(self, block: Block) -> Iterator[bytes]:
        yield f"start {block.kind.value} {block.index} {block.of_kind} {block.name};".encode()

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield f"{text};".encode()

    def finish(self, block: Block) -> Iterator[bytes]:
        yield f"finish {block.text};".encode()

    def fail(self, text: str) -> Iterator[bytes]:
        yield f"fail {text};".encode()

    def end(self) -> Iterator[bytes]:
        yield b"end;"


def told(*facts: Any) -> str:
    writer = Told(OPENING)
    return b"".join(data for fact in facts for data in writer.write(fact)).decode()


def test_pieces_become_blocks_and_facts_about_all_of_it_are_kept() -> None:
    assert told(Model("m"), Role("r"), Stop("s"), Usage({"a": 1})) == ""
    assert told(
        *(Model("m"), Usage({"a": 1}), Text("a"), Text(""), Text("b")),
        *(ToolCall("0", "i", "f"), ToolCall("0", arguments="{}"), ToolCall("1", "j", "g")),
        Done(""),
    ) == (
        "begin m assistant usual {'a': 1};start text 0 0 ;a;b;finish ab;"
        "start tool call 1 0 f;{};finish {};start tool call 2 1 g;finish ;end;"
    )


def test_an_answer_without_a_word_begins_and_ends() -> None:
    assert told(Done("")) == "begin usual assistant usual {};end;"


def test_an_error_cuts_a_text_but_not_a_call() -> None:
    assert told(Text("a"), Failure("x", 1)).endswith("a;fail x;")
    assert told(ToolCall("0", "i", "f"), Failure("x", 1)).endswith("finish ;fail x;")


@pytest.mark.parametrize(
    ("fact", "words"), [(Reasoning("a"), "reasoning"), (Part("citation", 1), "this")]
)
def test_facts_without_a_place_are_refused(fact: Any, words: str) -> None:
    with pytest.raises(SsetapeError, match=f"the protocol has no place for {words}"):
        told(fact)
    assert words_for(type(fact)) == words


def test_a_protocol_may_report_no_usage() -> None:
    assert Told.counts(Tokens(1, 2)) == {}
