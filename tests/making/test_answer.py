from random import Random

import pytest

from ssetape.errors import SsetapeError
from ssetape.facts import Done, Failure, Model, Reasoning, Role, Stop, Text, ToolCall, Usage
from ssetape.making.answer import Call, Wanted, check, said
from ssetape.making.distribution import constant, parse
from ssetape.making.words import cut
from ssetape.protocols.writing import Tokens, writer_of

CHAT = writer_of("openai-chat")


def test_an_answer_has_a_fact_for_each_token() -> None:
    wanted = Wanted("Hi", "So it is", reasoning="Let me", calls=[Call("f", '{"a":1}')])
    about, pieces, end = said(wanted, CHAT, cut, Random(1))
    call_id = pieces[5].id  # type: ignore[union-attr]
    assert pieces == [
        *(Reasoning("Let"), Reasoning(" me"), Text("So"), Text(" it"), Text(" is")),
        ToolCall("0", call_id, "f"),
        *(ToolCall("0", arguments=piece) for piece in ('{"', "a", '":', "1", "}")),
    ]
    assert call_id.startswith("call_")
    counts = {"prompt_tokens": 1, "completion_tokens": 11, "total_tokens": 12}
    counts["completion_tokens_details"] = {"reasoning_tokens": 2}  # type: ignore[assignment]
    assert about == [Model("gpt-4o"), Role("assistant"), Stop("tool_calls"), Usage(counts)]
    assert end == Done("")


def test_what_is_given_is_said() -> None:
    wanted = Wanted(text="a", usage=Tokens(3, 4), model="m", stop="length", error="too slow")
    about, _, end = said(wanted, CHAT, cut, Random(1))
    counts = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert about == [Model("m"), Role("assistant"), Stop("length"), Usage(counts)]
    assert end == Failure("too slow", "too slow")
    own = Wanted(text="a", usage={"my_tokens": 5})
    assert Usage({"my_tokens": 5}) in said(own, CHAT, cut, Random(1)).about


def test_what_a_protocol_has_no_place_for_is_left_out() -> None:
    assert said(Wanted(text="a"), writer_of("plain-text"), cut, Random(1)).about == []


def test_filler_has_the_length_that_is_drawn() -> None:
    fixed = said(Wanted(tokens=constant(7)), CHAT, cut, Random(1))
    assert len(fixed.pieces) == 7
    drawn = Wanted(tokens=parse("uniform(5,9)"))
    lengths = {len(said(drawn, CHAT, cut, Random(seed)).pieces) for seed in range(100)}
    assert lengths == {5, 6, 7, 8, 9}
    assert len(said(Wanted(tokens=constant(0)), CHAT, cut, Random(1)).pieces) == 1
    assert said(Wanted(), CHAT, cut, Random(1)).pieces == []


def test_a_text_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SsetapeError, match="2,000,000 tokens: at most 1,000,000 fit"):
        said(Wanted(tokens=constant(2e6)), CHAT, cut, Random(1))
    monkeypatch.setattr("ssetape.making.answer.TOKENS_LIMIT", 2)
    with pytest.raises(SsetapeError, match="an answer of 3 tokens: at most 2 fit"):
        said(Wanted(text="a b c"), CHAT, cut, Random(1))


@pytest.mark.parametrize(
    ("name", "wanted", "problem"),
    [
        ("plain-text", Wanted(reasoning="a"), "plain-text has no place for reasoning"),
        ("mcp", Wanted(calls=[Call("f", "{}")]), "mcp has no place for tool calls"),
        ("mcp", Wanted(usage=Tokens(1, 2)), "mcp has no place for usage"),
        ("plain-text", Wanted(stop="end"), "plain-text has no place for a stop reason"),
        ("vercel-ui", Wanted(model="m"), "vercel-ui has no place for the model's name"),
        ("openai-responses", Wanted(stop="complete"), "completed, incomplete.*did you mean"),
    ],
)
def test_it_is_said_beforehand_that_there_is_no_place(
    name: str, wanted: Wanted, problem: str
) -> None:
    with pytest.raises(SsetapeError, match=problem):
        check(wanted, writer_of(name), name)


def test_a_model_may_be_in_the_request_alone() -> None:
    check(Wanted(model="m"), writer_of("cohere"), "cohere")
    check(Wanted(model="m", stop="length"), CHAT, "openai-chat")
