import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Chunk
from ssetape.messages.json_array import JsonArray

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\[]{},é'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k",]'), inner, max_size=3),
    max_leaves=8,
)


def test_elements_are_as_they_were_written(cut_anyhow: Callable[..., Any]) -> None:
    body = b'[{"a": [1, 2]}\r\n,\n {"b": "x],{\\"\\\\"} , 3,"s"\n]\n'
    found = [data for _, data in cut_anyhow(JsonArray, body)]
    assert found == ['{"a": [1, 2]}', '{"b": "x],{\\"\\\\"}', "3", '"s"']


def test_an_element_has_the_times_of_its_own_bytes(framed: Callable[..., Any]) -> None:
    found = framed(JsonArray, [b"[", b'\n{"a"', b":1}", b"\n,", b"\r\n{}", b"]"])
    assert [(m.data, m.t_first_s, m.t_s) for m in found] == [
        ('{"a":1}', 1.0, 3.0),
        ("{}", 4.0, 5.0),
    ]


def test_an_array_that_is_cut_gives_what_is_whole(framed: Callable[..., Any]) -> None:
    assert [m.data for m in framed(JsonArray, [b'[{"a":1},{"b":'])] == ['{"a":1}']


@given(st.lists(VALUES, max_size=5), st.integers(1, 9), st.sampled_from([None, 1]))
def test_any_array_comes_apart_into_its_elements(
    values: list[Any], step: int, indent: int | None
) -> None:
    body = json.dumps(values, ensure_ascii=False, indent=indent).encode()
    framer = JsonArray([])
    found = [
        json.loads(message.data)
        for place in range(0, len(body), step)
        for message in framer.feed(Chunk(0.0, body[place : place + step]))
    ]
    assert found == values
