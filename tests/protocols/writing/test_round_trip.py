"""Every writer: reading what it wrote gives the facts that were put in."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import body_of, read_again

from ssetape import protocols
from ssetape.errors import SsetapeError
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
from ssetape.protocols.writing import names, writer_of
from ssetape.protocols.writing._blocks import Tokens

# These hold a whole text, or a whole call, in one message: pieces are put together.
WHOLE_TEXT = {"mcp"}
# These call tools without an id.
NO_IDS = {"baidu", "cohere-v1"}
# These say nothing at their end: the stream is just over.
ENDLESS = {"triton", "writer"}
# The text of any event is one: no data may look like JSON, and lines end with LF.
PLAIN = {"plain-text"}

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain_words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r{[\ufeff"), max_size=12
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
cuts = st.integers(1, 7)


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@st.composite
def answers(draw: Any, name: str) -> list[Fact]:
    """The facts of an answer that a protocol has a place for."""
    writer = writer_of(name)
    text = plain_words if name in PLAIN else words
    said: list[Fact] = [Model(draw(words.filter(bool))), Role(writer.ROLE)]
    said.append(Usage(writer.counts(Tokens(draw(st.integers(1, 99)), 9, draw(st.integers(0, 9))))))
    said.append(Stop(draw(st.sampled_from([writer.STOP, writer.CALLS_STOP, *writer.STOPS]))))
    said += map(Reasoning, filter(None, draw(st.lists(text, max_size=5))))
    said += map(Text, ["a", *filter(None, draw(st.lists(text, max_size=5)))])
    for number in range(draw(st.integers(0, 2))):
        call_id = "" if name in NO_IDS else f"call_{number}"
        call = ToolCall(f"{number}", call_id, f"tool_{number}")
        arguments = json.dumps(draw(st.dictionaries(words, values, max_size=3)))
        said.append(call)
        said += [ToolCall(call.key, arguments=each) for each in pieces(arguments, draw(cuts))]
    said.append(draw(st.sampled_from([Done("end"), Failure("Overloaded", None)])))
    if Failure in writer.LACKS:
        said[-1] = Done("end")
    return [fact for fact in said if type(fact) not in writer.LACKS]


def told(facts: Iterable[Fact], name: str) -> dict[str, Any]:
    """Facts in a form in which what protocols differ in makes no difference."""
    found: dict[str, Any] = {"texts": [], "reasonings": [], "calls": {}, "usage": {}}
    facts = list(facts)
    is_broken = any(isinstance(fact, Failure) for fact in facts)
    for fact in facts:
        assert not isinstance(fact, Part)
        if isinstance(fact, Text):
            found["texts"].append(fact.text)
        elif isinstance(fact, Reasoning):
            found["reasonings"].append(fact.text)
        elif isinstance(fact, ToolCall):
            call = found["calls"].setdefault(fact.key, ["", "", ""])
            call[0], call[1] = fact.id or call[0], fact.name or call[1]
            call[2] = fact.arguments if fact.replaces else call[2] + fact.arguments
        elif isinstance(fact, Model):
            found["model"] = fact.name
        elif isinstance(fact, Role):
            found["role"] = fact.role
        # What breaks off has neither usage nor a stop, or says that it stopped by an error.
        elif isinstance(fact, Usage):
            found["usage"] |= fact.counts if not is_broken else {}
        elif isinstance(fact, Stop):
            found["stop"] = fact.reason if not is_broken else None
        elif isinstance(fact, Failure):
            found["failure"] = fact.text.rpartition(": ")[2]
        elif isinstance(fact, Done) and not is_broken and name not in ENDLESS:
            found["is_done"] = True
    if is_broken:
        # Some name the model at the end.
        found |= {"stop": None, "model": None}
    if name in WHOLE_TEXT:
        found["texts"] = ["".join(found["texts"])] if not is_broken else []
    found["calls"] = [
        (call_id, tool, json.loads(arguments or "{}"))
        for call_id, tool, arguments in found["calls"].values()
    ]
    return found


@pytest.mark.parametrize("name", names())
@settings(max_examples=60)
@given(data=st.data())
def test_reading_gives_the_facts_that_were_written(name: str, data: Any) -> None:
    facts = data.draw(answers(name))
    protocol, read = read_again(name, body_of(name, facts))
    if protocol != name and told(facts, name)["texts"] == []:
        return  # MCP's error alone
    assert protocol == name
    assert told(read, name) == told(facts, name)


@pytest.mark.parametrize("name", names())
def test_it_writes_nothing_after_an_error(name: str) -> None:
    if Failure in writer_of(name).LACKS:
        return
    facts = [Text("a"), Text("b"), Failure("Overloaded", None)]
    _, read = read_again(name, body_of(name, facts))
    kinds = [type(fact) for fact in read]
    assert kinds.count(Failure) == 1
    # Some say at the same time that this is the end.
    assert set(kinds[kinds.index(Failure) :]) <= {Failure, Done, Stop}


@pytest.mark.parametrize("name", names())
def test_what_it_has_no_place_for_is_refused(name: str) -> None:
    for lacking in (
        Reasoning("a"),
        ToolCall("1", "i", "t"),
        Usage({"a": 1}),
        Failure("slow", None),
        Part("citation", {}),
    ):
        if type(lacking) in {*writer_of(name).LACKS, Part}:
            with pytest.raises(SsetapeError, match="no place for"):
                body_of(name, [Text("a"), lacking])


def test_every_writer_is_of_a_protocol_that_is_read() -> None:
    assert set(names()) <= {protocol.NAME for protocol in protocols.all_protocols()}


def test_a_protocol_without_a_writer_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(SsetapeError, match=r"anthropic, .*openai-chat.*; found 'json-error'"):
        writer_of("json-error")
