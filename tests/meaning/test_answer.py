import pytest
from hypothesis import given
from hypothesis import strategies as st
from said import assemble

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
from ssetape.meaning.answer import AnswerDraft, Call, joined


def test_pieces_make_an_answer() -> None:
    answer = assemble(
        "x",
        [
            Model("m"),
            Role("assistant"),
            Reasoning("so"),
            Text("a"),
            Text("b"),
            ToolCall("1", "i", "f", "{"),
            ToolCall("2", "j", "g"),
            ToolCall("1", arguments="}"),
            Part("citation", 1),
            Usage({"in": 1, "out": 0}),
            Usage({"out": 5}),
            Stop("length"),
            Done("[DONE]"),
        ],
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("ab", "so", "length")
    assert answer.tool_calls == [Call("i", "f", "{}"), Call("j", "g", "")]
    assert (answer.model, answer.role, answer.done) == ("m", "assistant", "[DONE]")
    assert (answer.usage, answer.parts) == ({"in": 1, "out": 5}, [("citation", 1)])
    assert answer.error is None


def test_answers_to_one_request_are_kept_apart() -> None:
    answer = assemble("x", [Text("b", 1), Text("a", 0), Stop("s", 1)])
    assert [(choice.text, choice.stop) for choice in answer.choices] == [("a", None), ("b", "s")]


def test_nothing_makes_an_empty_answer() -> None:
    answer = assemble(None, [])
    assert (answer.text, answer.tool_calls, answer.stop, answer.done) == ("", [], None, None)


def test_what_replaces_makes_void_what_came_before() -> None:
    answer = assemble(
        "x",
        [
            Text("no"),
            Text("yes", replaces=True),
            ToolCall("1", arguments="no"),
            ToolCall("1", arguments="{}", replaces=True),
        ],
    )
    assert (answer.text, answer.tool_calls[0].arguments) == ("yes", "{}")


def test_the_first_error_is_the_one_that_is_told() -> None:
    assert assemble("x", [Failure("one", 1), Failure("two", 2)]).error == "one"


def test_half_surrogate_pairs_of_two_pieces_make_one_character() -> None:
    assert joined(["a\ud83d", "\ude00b"]) == "a😀b"
    assert joined(["\ud83d", "b"]) == "�b"


@given(st.lists(st.text(st.characters(codec=None))))  # type: ignore[arg-type]
def test_joined_text_can_always_be_encoded(pieces: list[str]) -> None:
    joined(pieces).encode()


def test_an_answer_longer_than_may_be_held_is_cut_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ssetape.meaning.answer.HELD_LIMIT_CHARACTERS", 10)
    draft = AnswerDraft()
    for fact in (Text("12345"), ToolCall("1", arguments="123"), Text("999"), Reasoning("9")):
        draft.add(fact)
    answer = draft.finished("p", [])
    assert (answer.text, answer.tool_calls[0].arguments, answer.reasoning) == ("12345", "123", "")
    assert answer.problems == ["the answer is longer than 10 characters, and was cut there"]


def test_what_was_replaced_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssetape.meaning.answer.HELD_LIMIT_CHARACTERS", 10)
    draft = AnswerDraft()
    for _ in range(5):
        draft.add(Text("12345", replaces=True))
        draft.add(ToolCall("1", arguments="123", replaces=True))
    answer = draft.finished("p", [])
    assert (answer.text, answer.tool_calls[0].arguments, answer.problems) == ("12345", "123", [])
