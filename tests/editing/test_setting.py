import json
from typing import Any

import pytest

from ssetape.editing.setting import Setting
from ssetape.errors import EditError

DATA = '{"choices":[{"delta":{"content":"a"}}],"a b":{"x.y":1}}'


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("choices[0].delta.content=Hi", ("choices", 0, "delta", "content"), "Hi"),
        ("choices[0].delta.content=", ("choices", 0, "delta", "content"), ""),
        ("choices[0].delta=null", ("choices", 0, "delta"), None),
        ('choices[0].delta.content="5"', ("choices", 0, "delta", "content"), "5"),
        ("choices[0].delta.content=5", ("choices", 0, "delta", "content"), 5),
        ("choices=[1, 2]", ("choices",), [1, 2]),
        ('"a b"."x.y"=a=b', ("a b", "x.y"), "a=b"),
    ],
)
def test_a_value_is_put_at_its_place(text: str, path: tuple[Any, ...], value: Any) -> None:
    setting = Setting.parse(text)
    assert (setting.steps, setting.value) == (path, value)
    changed = setting.apply(DATA, 1)
    assert changed is not None
    found = json.loads(changed)
    for step in path:
        found = found[step]
    assert found == value


@pytest.mark.parametrize("dumps", [
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    lambda value: json.dumps(value, separators=(",", ":")),
    json.dumps,
    lambda value: json.dumps(value, ensure_ascii=False),
])  # fmt: skip
def test_json_is_written_as_it_was(dumps: Any) -> None:
    data = {"a": {"b": 1, "c": "é"}}
    assert Setting.parse("a.b=2").apply(dumps(data), 1) == dumps({"a": {"b": 2, "c": "é"}})


@pytest.mark.parametrize("data", ["[DONE]", "text", "{}", '{"choices":[]}', '{"choices":{"0":1}}'])
def test_a_message_without_the_place_stays_or_is_named(data: str) -> None:
    text = "choices[0].delta.content=Hi"
    assert Setting.parse(text).apply(data, 3) is None
    assert Setting.parse(text, "4-5").apply(data, 3) is None
    with pytest.raises(EditError, match="event 3"):
        Setting.parse(text, "3").apply(data, 3)


def test_a_name_may_be_new_in_an_event_that_is_named() -> None:
    assert Setting.parse("b=1", "1").apply('{"a":0}', 1) == '{"a":0,"b":1}'
    assert Setting.parse("b=1").apply('{"a":0}', 1) is None
    with pytest.raises(EditError, match="event 1 has no a"):
        Setting.parse("a[3]=1", "1").apply('{"a":[0]}', 1)


def test_a_dot_is_the_whole_data() -> None:
    setting = Setting.parse(".=5", "2")
    assert setting.apply("anything", 2) == "5"
    assert setting.apply("anything", 1) is None
    assert str(setting) == "set .=5 at event 2"


@pytest.mark.parametrize("text", ["", "a", "=x", "a..b=1", "a[x]=1", "[=1", "a[0=1"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="--set"):
        Setting.parse(text)


def test_nor_is_what_is_no_number() -> None:
    with pytest.raises(EditError, match="--event"):
        Setting.parse("a=1", "x")
