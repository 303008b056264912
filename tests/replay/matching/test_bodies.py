import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Request
from ssetape.replay.matching import bodies
from ssetape.replay.matching.bodies import Field, Span, captured_content, is_the_same
from ssetape.requests.content import Content, Kind, content_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def content(body: bytes, masked: Sequence[Span] = ()) -> Content:
    request = Request("POST", "http://x/", "HTTP/1.1", [], body, masked_body=tuple(masked))
    return captured_content(request)


def key(body: bytes, ignored: Sequence[Field] = ()) -> bytes:
    return bodies.key(content(body), ignored)


def is_alike(
    one: bytes, masked: Sequence[Span], other: bytes, ignored: Sequence[Field] = ()
) -> bool:
    return bodies.is_alike(content(one, masked), content(other), ignored)


def differences(
    one: bytes, masked: Sequence[Span], other: bytes, ignored: Sequence[Field] = ()
) -> list[str]:
    return list(bodies.differences(content(one, masked), content(other), ignored))


@given(value=JSON)
def test_the_same_json_is_alike_however_it_is_written(value: Any) -> None:
    one, other = dumped(value), json.dumps(value, indent=3, ensure_ascii=False).encode()
    assert key(one) == key(other)
    assert is_alike(one, (), other)
    assert list(differences(one, (), other)) == []


@given(one=JSON, other=JSON)
def test_keys_differ_where_something_differs(one: Any, other: Any) -> None:
    same = key(dumped(one)) == key(dumped(other))
    assert same == is_alike(dumped(one), (), dumped(other))
    assert same == (list(differences(dumped(one), (), dumped(other))) == [])


@given(one=st.binary(max_size=30), other=st.binary(max_size=30))
def test_whatever_it_is_it_is_compared(one: bytes, other: bytes) -> None:
    assert is_alike(one, (), one)
    assert is_the_same(one, (), other) == (one == other)
    assert isinstance(list(differences(one, ((0, 3),), other)), list)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("id", {"id": 9, "m": [{"id": 1, "t": "a"}]}),
        ("m.0.id", {"id": 1, "m": [{"id": 9, "t": "a"}]}),
        ("m.*.id", {"id": 1, "m": [{"t": "a"}]}),
        ("m.*", {"id": 1, "m": [{"id": 9, "t": "b"}]}),
        ("*", {"z": 1}),
    ],
)
def test_what_is_ignored_does_not_count(field: str, other: Any) -> None:
    one = dumped({"id": 1, "m": [{"id": 1, "t": "a"}]})
    ignored = (tuple(field.split(".")),)
    assert key(one, ignored) == key(dumped(other), ignored)
    assert is_alike(one, (), dumped(other), ignored)
    assert key(one) != key(dumped(other))
    if field != "*":
        assert key(one, ignored) != key(dumped({**other, "new": 1}), ignored)


def test_a_masked_secret_matches_any() -> None:
    body = b'{"key": "masked-0123456789abxx", "n": 1}'
    start = body.index(b"masked")
    masked = ((start, start + 21),)
    assert is_the_same(body, masked, body.replace(body[start : start + 21], b"s" * 21))
    assert is_alike(body, masked, b'{"n":1,"key":"another, longer secret of mine"}')
    assert not is_alike(body, masked, b'{"n":2,"key":"another"}')
    assert not is_alike(body, (), b'{"n":1,"key":"another"}')
    assert list(differences(body, masked, b'{"n":2,"key":"x"}')) == ["body.n: asked 2, captured 1"]


def test_differences_say_where() -> None:
    one = {"a": [1, {"b": "x"}], "gone": None, "long": "y" * 100}
    other = {"a": [1, {"b": "z"}, 3], "new": True, "long": "y" * 99}
    found = list(differences(dumped(one), (), dumped(other)))
    assert found[:4] == [
        'body.a.1.b: asked "z", captured "x"',
        "body.a: asked 3 items, captured 2",
        "body.gone: asked none, captured null",
        f'body.long: asked "{"y" * 56}..., captured "{"y" * 56}...',
    ]
    assert found[4] == "body.new: asked true, captured none"
    assert list(differences(b"ab", (), b"abc")) == [
        "body: asked 3 bytes, captured 2 bytes, and they differ"
    ]


def test_bodies_nested_deeper_than_anything_can_walk_are_compared_as_bytes() -> None:
    one, other = (b"[" * 900 + b"%d" % n + b"]" * 900 for n in range(2))
    assert key(one, [("a",)]) != key(other, [("a",)])
    assert not is_alike(one, [], other)
    assert list(differences(one, [], other, [("a",)])) == [
        "body: asked 1801 bytes, captured 1801 bytes, and they differ"
    ]
    half = b"[" * 90 + b"%d" + b"]" * 90
    assert len(list(differences(half % 1, [], half % 2))) == 1


def test_bodies_of_different_kinds_say_so() -> None:
    assert differences(b"a=1", (), b'{"a":"1"}') == ["body: asked JSON, captured a form"]
    assert differences(b"", (), b"a=1") == [
        "body: asked 3 bytes, captured 0 bytes, and they differ"
    ]
    assert key(b'{"a":"1"}') != key(b"a=1")


def test_fields_of_forms_are_compared_and_ignored_by_name() -> None:
    assert differences(b"a=1&b=2", (), b"b=3&a=%31") == ['body.b: asked "3", captured "2"']
    assert is_alike(b"a=1&b=2", (), b"b=3&a=1", [("b",)])
    assert bodies.without(content(b"a=1&b=2"), [("b",)]).value == {"a": "1"}


def test_a_masked_secret_in_a_form_matches_any() -> None:
    assert is_alike(b"key=masked-01&a=1", [(4, 13)], b"a=1&key=any%20secret")
    assert not is_alike(b"key=masked-01&a=1", [(4, 13)], b"a=2&key=any")


def test_bytes_are_compared_as_they_are() -> None:
    one, other = (content_of([], b"\xff" + end) for end in (b"a", b"b"))
    assert one.kind is Kind.BYTES
    assert bodies.is_alike(one, one)
    assert not bodies.is_alike(one, other)
    assert bodies.without(one, [("a",)]) is one
