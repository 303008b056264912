from written import answer_in, events_of


def test_each_piece_is_a_value() -> None:
    assert events_of("writer", answer_in("writer")) == [("", {"value": "H"}), ("", {"value": "i"})]
