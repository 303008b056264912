import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Request
from ssetape.meaning.question import asked


def request(body: Any) -> Request:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", "http://a.test/", "HTTP/1.1", [], data)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {
                "messages": [
                    {"role": "system", "content": "be kind"},
                    {"role": "user", "content": "hi"},
                ]
            },
            [("system", "be kind"), ("user", "hi")],
        ),
        (
            {
                "system": "s",
                "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}],
            },
            [("system", "s"), ("user", "a")],
        ),
        ({"input": "hi", "instructions": "i"}, [("system", "i"), ("user", "hi")]),
        (
            {"input": [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]},
            [("user", "ab")],
        ),
        (
            {
                "systemInstruction": {"parts": [{"text": "s"}]},
                "contents": [{"parts": [{"text": "a"}]}],
            },
            [("system", "s"), ("user", "a")],
        ),
        (
            {"messages": [{"author": {"role": "user"}, "content": {"parts": ["a", "b"]}}]},
            [("user", "ab")],
        ),
        (
            {"messages": [{"role": "user", "parts": [{"type": "text", "text": "a"}]}]},
            [("user", "a")],
        ),
        ({"prompt": "once"}, [("user", "once")]),
        ({"additional_messages": [{"role": "user", "content": "a"}]}, [("user", "a")]),
        (
            {"input": {"messages": [{"role": "system", "content": "s"}, {"content": "a"}]}},
            [("system", "s"), ("user", "a")],
        ),
        (
            {"input": {"messages": [{"type": "human", "content": "a"}, {"type": "ai"}]}},
            [("user", "a")],
        ),
        ({"input": {"prompt": "a"}}, [("user", "a")]),
        (
            {"jsonrpc": "2.0", "params": {"message": {"role": "user", "parts": [{"text": "a"}]}}},
            [("user", "a")],
        ),
        (
            {
                "messages": [
                    {"sender_type": "USER", "text": "a"},
                    {"sender_type": "BOT", "text": "b"},
                ]
            },
            [("user", "a"), ("assistant", "b")],
        ),
        ({"query": "a", "inputs": {}}, [("user", "a")]),
        ({"inputs": "a"}, [("user", "a")]),
        ({"text_input": "a"}, [("user", "a")]),
        ({"input_value": "a"}, [("user", "a")]),
        ({"message": "hi", "stream": True}, [("user", "hi")]),
        ({"messages": [1, None, {"content": 5}]}, []),
        ([], []),
        (b"\xff{", []),
        (b"", []),
    ],
)
def test_messages_are_found_in_the_bodies_of_many_apis(body: Any, said: Any) -> None:
    assert asked(request(body)) == said


def test_a_request_without_a_body_asks_nothing() -> None:
    assert asked(Request("GET", "http://a.test/", "HTTP/1.1", [])) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "input", "content", "parts", "text", "role", "system"]),
            inner,
        )
    ),
)


@given(JSON)
def test_any_body_is_read_without_an_error(body: Any) -> None:
    assert all(isinstance(role, str) and text for role, text in asked(request(body)))


def test_messages_are_found_whatever_the_coding_and_the_shape_of_the_body() -> None:
    def spelled(body: bytes, *headers: tuple[str, str]) -> Request:
        return Request("POST", "http://a.test/", "HTTP/1.1", list(headers), body)

    text = '{"prompt": "é"}'
    for each in (
        spelled(gzip.compress(text.encode()), ("Content-Encoding", "gzip")),
        spelled(text.encode("utf-16")),
        spelled(text.encode("utf-8-sig")),
        spelled(b"prompt=%c3%a9", ("Content-Type", "application/x-www-form-urlencoded")),
        spelled(b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xc3\xa9\r\n--b--'),
    ):
        assert asked(each) == [("user", "é")]
    assert asked(spelled(b"\xff")) == []
