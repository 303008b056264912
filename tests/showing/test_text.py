import pytest

from ssetape.errors import SsetapeError
from ssetape.meaning.answer import Answer, Call, Choice
from ssetape.showing.text import choice_of, remarks_on


def answer(*choices: Choice, protocol: str | None = "openai-chat", **rest: object) -> Answer:
    return Answer(protocol, choices=list(choices), **rest)  # type: ignore[arg-type]


SAID = Choice("hello", "", [], "stop")


def test_a_choice_by_its_number() -> None:
    assert choice_of("a", answer(SAID)) is SAID
    other = Choice("bye", "", [], None)
    assert choice_of("a", answer(SAID, other), 1) is other
    with pytest.raises(SsetapeError, match="there is no answer 2: expected a number below 2"):
        choice_of("a", answer(SAID, other), 2)


def test_an_unknown_protocol_has_no_choice() -> None:
    with pytest.raises(SsetapeError, match=r"^a\.ssetape: its protocol is unknown"):
        choice_of("a.ssetape", answer(SAID, protocol=None))


def test_remarks_only_where_something_is_to_be_known() -> None:
    assert list(remarks_on(answer(SAID))) == []
    call = Choice("", "hm", [Call("1", "f", "{}")], "tool_calls")
    assert list(remarks_on(answer(call))) == [
        "the answer has no text, but 1 tool call(s) (--tools) and reasoning (--reasoning)"
    ]
    assert list(remarks_on(answer(call), is_text=False)) == []
    refused = answer(Choice("", "", [], "stop"), parts=[("refusal", "no "), ("refusal", "way")])
    assert list(remarks_on(refused)) == ["the answer has no text, but a refusal: no way"]
    several = answer(SAID, SAID, error="overloaded", problems=["line 7 is damaged"])
    assert list(remarks_on(several)) == [
        "this is answer 0 of 2: --choice selects another",
        "the stream reports an error: overloaded",
        "line 7 is damaged",
    ]
    assert list(remarks_on(answer(Choice("a", "", [], None)))) == [
        "nothing marks the end of this answer: it may be incomplete"
    ]
