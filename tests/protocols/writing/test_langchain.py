"""What LangServe and LangGraph have in common."""

import pytest
from written import answer_in, events_of

from ssetape.protocols.writing import Tokens, writer_of


@pytest.mark.parametrize("name", ["langgraph", "langserve"])
def test_all_pieces_are_of_one_message(name: str) -> None:
    said = [value for _, value in events_of(name, answer_in(name)) if value]
    pieces = [value[0] if isinstance(value, list) else value for value in said[1:]]
    assert len({piece["id"] for piece in pieces}) == 1
    assert {piece["type"] for piece in pieces} == {"AIMessageChunk"}


def test_usage_is_counted_as_langchain_does() -> None:
    counts = {"input_tokens": 2, "output_tokens": 5, "total_tokens": 7}
    assert writer_of("langserve").counts(Tokens(2, 5)) == counts
