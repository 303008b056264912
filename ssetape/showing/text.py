"""What `ssetape text` says of an answer: which text it prints, and its remarks on that. Pure."""

from collections.abc import Iterator

from ssetape.errors import SsetapeError
from ssetape.meaning.answer import Answer, Choice


def choice_of(name: str, answer: Answer, number: int = 0) -> Choice:
    """The choice to print of a capture's answer.

    Args:
        name: the capture's name.
        number: which of several, from 0.

    Raises:
        SsetapeError: nobody knows the protocol; or there is no choice of that number.
    """
    if answer.protocol is None:
        raise SsetapeError(
            f"{name}: its protocol is unknown, so its text cannot be assembled; "
            f"`ssetape show` shows its messages, `ssetape show --raw` its bytes"
        )
    if not 0 <= number < len(answer.choices):
        raise SsetapeError(
            f"there is no answer {number}: expected a number below {len(answer.choices)}"
        )
    return answer.choices[number]


def remarks_on(answer: Answer, number: int = 0, *, is_text: bool = True) -> Iterator[str]:
    """Yield what to know of a printed choice beside its text.

    Args:
        number: which choice, as in `choice_of`.
        is_text: whether its text was printed, not its reasoning or tool calls.
    """
    chosen = answer.choices[number]
    if is_text and not chosen.text:
        others = [f"{len(chosen.tool_calls)} tool call(s) (--tools)"] * bool(chosen.tool_calls)
        others += ["reasoning (--reasoning)"] * bool(chosen.reasoning)
        refusal = "".join(str(value) for kind, value in answer.parts if kind == "refusal")
        others += [f"a refusal: {refusal}"] * bool(refusal)
        yield "the answer has no text" + (f", but {' and '.join(others)}" if others else "")
    if len(answer.choices) > 1:
        yield f"this is answer {number} of {len(answer.choices)}: --choice selects another"
    if answer.error is not None:
        yield f"the stream reports an error: {answer.error}"
    elif answer.done is None and chosen.stop is None:
        yield "nothing marks the end of this answer: it may be incomplete"
    yield from answer.problems
