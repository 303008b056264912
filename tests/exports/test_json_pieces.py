import io
import json

from ssetape.exports._json_pieces import Items, Text, write_json


def written(value: object) -> object:
    out = io.BytesIO()
    write_json(value, out)
    return json.loads(out.getvalue())


def test_strings_and_lists_are_written_piece_by_piece() -> None:
    value = {"a": Text(iter(['x"', "", "é\n"])), "b": {"c": Items(iter([1, {"d": None}]))}, "e": []}
    assert written(value) == {"a": 'x"é\n', "b": {"c": [1, {"d": None}]}, "e": []}


def test_nothing_is_written_as_nothing() -> None:
    assert written({"a": Text([]), "b": Items([]), "c": {}}) == {"a": "", "b": [], "c": {}}


def test_whatever_is_in_it() -> None:
    value = {"\ud800": "\udc00", "n": 10**400, "t": Text(["\ud800"]), "i": Items([2**70])}
    assert written(value) == {"?": "?", "n": 10**400, "t": "?", "i": [2**70]}
