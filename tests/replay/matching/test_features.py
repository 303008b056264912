import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.matching.features import FEATURES_LIMIT, Features, features_of
from ssetape.replay.matching.likeness import similarity
from ssetape.requests.content import content_of
from ssetape.requests.location import located

ASKED = {
    "model": "m-1",
    "id": "5f0c6a1e-8a8e-4d51-9d0e-6a1f0c9b7e55",
    "messages": [{"role": "user", "content": "How tall is the Eiffel tower?"}],
    "temperature": 0.5,
}


def of(value: Any, query: str = "") -> Features:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return features_of(located(f"http://a/x{query}"), content_of([], body))


def alike(change: dict[str, Any]) -> float:
    return similarity(of(ASKED), of({**ASKED, **change}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "other"),
        ("parentMessageId", "p-7"),
        ("client_created_at", 1_700_000_000.123),
        ("x", "6b1f0c9b-8a8e-4d51-9d0e-6a1f0c9b7e55"),
        ("x", "deadbeef00112233"),
        ("x", "2026-01-01T00:00:00.000Z"),
        ("x", "12:30:59"),
        ("x", 1_700_000_000_000),
        ("x", "1700000000000"),
        ("x", "msg_01XFDUDYJgAACzvnptvVoYEL"),
        ("x", "dGhpcyBpcyBCYXNlNjQ1"),
        ("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
    ],
)
def test_ids_times_and_tokens_count_little(name: str, value: Any) -> None:
    assert 0.96 < alike({name: value}) < 1


def test_words_and_the_model_count_much() -> None:
    others: list[dict[str, Any]] = [
        {"model": "m-2"},
        {"messages": [{"role": "user", "content": "How tall is the Louvre?"}]},
    ]
    little = alike({"id": "1", "temperature": 0.7})
    assert all(alike(change) < little for change in others)


def test_another_question_counts_more_than_another_model() -> None:
    other = {"messages": [{"role": "user", "content": "How tall is the Eiffel bridge?"}]}
    assert alike({"model": "m-2"}) > alike(other)


def test_an_id_within_a_text_counts_little() -> None:
    text = "The file report-2026-01-02T03:04:05Z of 5f0c6a1e8a8e4d519d0e6a1f0c9b7e55 please"
    one, other = ({"prompt": text}, {"prompt": text.replace("5f0c6a1e", "00000001")})
    changed = {"prompt": text.replace("file", "picture")}
    assert similarity(of(one), of(other)) > similarity(of(one), of(changed))


def test_a_question_in_a_query_counts() -> None:
    one = of(b"", "?prompt=the+eiffel+tower&ts=1700000000001")
    same = of(b"", "?prompt=the+eiffel+tower&ts=1700000000002")
    other = of(b"", "?prompt=the+louvre&ts=1700000000001")
    assert similarity(one, same) > 0.95 > similarity(one, other)


@pytest.mark.parametrize("name", ["valid", "pain", "format", "candidate", "max_tokens"])
def test_a_name_that_only_ends_alike_is_no_id(name: str) -> None:
    assert alike({name: "x"}) < alike({"the_id": "x"})


def test_words_without_spaces_are_compared_by_their_characters() -> None:
    one, near, far = (of({"q": text}) for text in ("東京の天気は", "東京の天気を", "猫が好き"))
    assert similarity(one, near) > similarity(one, far)


def test_bytes_are_alike_by_the_words_in_them() -> None:
    one, near, far = (of(b"\xff\0\1" + text) for text in (b"hello you\0", b"hello me\0", b"x\2"))
    assert similarity(one, near) > similarity(one, far)


def test_a_long_body_has_few_features_of_which_the_last_message_is_one() -> None:
    def chat(last: str) -> Features:
        history = [{"content": f"a{n} b{n} c{n} d{n}"} for n in range(2_000)]
        return of({"messages": [*history, {"content": last}], "model": "m"})

    assert len(chat("last")) < 2 * FEATURES_LIMIT
    assert similarity(chat("last words"), chat("last words")) == 1
    assert similarity(chat("last words"), chat("other things")) < 1


@given(value=st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())))
def test_the_order_of_keys_makes_no_difference(value: dict[str, Any]) -> None:
    assert of(value) == of(dict(reversed(value.items())))
