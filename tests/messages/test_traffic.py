from ssetape.messages.traffic import Traffic


def test_pieces_are_counted_one_by_one_or_many_at_a_time() -> None:
    one, many = Traffic(), Traffic()
    for t_s, size_bytes in ((1.0, 5), (2.0, 7), (3.0, 1)):
        one.add(t_s, size_bytes)
    many.add(1.0, 5)
    many.add_all([2.0, 3.0], 8)
    assert vars(one) == vars(many)
    assert vars(one) == {"first_s": 1.0, "last_s": 3.0, "chunks": 3, "size_bytes": 13}
    first = Traffic()
    first.add_all([2.0], 3)
    assert (first.first_s, first.last_s) == (2.0, 2.0)
