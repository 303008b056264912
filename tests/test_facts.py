from ssetape.facts import Text, ToolCall


def test_a_piece_adds_to_the_first_answer_unless_it_says_otherwise() -> None:
    assert (Text("x").choice, Text("x").replaces) == (0, False)
    assert ToolCall("1") == ToolCall("1", "", "", "", 0, False)
