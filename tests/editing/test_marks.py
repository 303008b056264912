from ssetape.editing.marks import Marks

PLACE = b"masked-0123456789ab"


def test_a_chunk_that_is_unchanged_keeps_its_marks() -> None:
    marks = Marks({b"a*b": [[1, 2, "key"]]}, {})
    assert marks.of(b"a*b") == [[1, 2, "key"]]
    assert marks.of(b"a*bc") == []


def test_a_placeholder_is_found_wherever_it_is_now() -> None:
    marked = {b"key: " + PLACE: [[5, 24, "key"]]}
    marks = Marks({}, marked)
    assert marks.of(b"<" + PLACE + PLACE + b">") == [[1, 20, "key"], [20, 39, "key"]]
    assert marks.of(b"nothing") == []
    pieces = Marks({b"key: " + PLACE[:9]: [[5, 14, "key"]], PLACE[9:]: [[0, 10, "key"]]}, marked)
    assert pieces.of(PLACE) == [[0, 19, "key"]]
    assert pieces.of(PLACE[9:]) == [[0, 10, "key"]]
    marked[b"later"] = [[0, 5]]  # what is read later counts too
    assert marks.of(b"later") == [[0, 5]]
