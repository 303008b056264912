"""What is planted, in every carrier and every coat, is found; what is harmless stays."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.masking.findings import masked
from ssetape.masking.search import find

SALT = b"s" * 32
KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"


def escaped(text: str) -> str:
    return text.replace("-", "\\u002d")


def cut(text: str) -> str:
    pieces = [text[n : n + 5] for n in range(0, len(text), 5)]
    return "".join(f"data: {json.dumps({'delta': piece})}\n\n" for piece in pieces)


COATS = {
    "plain": lambda text: json.dumps({"a": text}),
    "JSON in JSON": lambda text: json.dumps({"a": json.dumps({"b": text})}),
    "escaped": lambda text: f'{{"a": "{escaped(text)}"}}',
    "escaped in JSON in JSON": lambda text: json.dumps({"a": f'{{"b": "{escaped(text)}"}}'}),
    "percent-encoded": lambda text: f"a=1&b={quote(text.replace('-', '%2D'), safe='%')}",
    "percent-encoded twice": lambda text: f"a=1&b={quote(text.replace('-', '%2D'))}",
    "base64": lambda text: json.dumps({"a": b64encode(f"see {text}".encode()).decode()}),
    "base64 of JSON": lambda text: b64encode(json.dumps({"a": text}).encode()).decode(),
    "in pieces": cut,
    "JSON in pieces": lambda text: cut(json.dumps({"password": text})),
}


@pytest.mark.parametrize("coat", COATS)
def test_a_secret_is_found_in_every_coat_and_gone_once_it_is_masked(coat: str) -> None:
    data = COATS[coat](KEY).encode()
    found = find(data)
    assert len(found) == 1
    new = masked(data, found, SALT)
    assert len(new) == len(data)
    assert find(new) == []
    assert new != data
    if data.startswith(b"{"):
        assert json.loads(new).keys() == {"a"}


@given(text=st.text('ab1 {}":,\\u002d%sk-\n&=', max_size=60), cuts=st.integers(0, 3))
def test_any_text_can_be_searched_and_masked_text_has_no_findings(text: str, cuts: int) -> None:
    data = f'{{"password": "{text}"}} {text} {KEY}'.encode()
    found = find(data, cuts)
    assert KEY.encode() not in masked(data, found, SALT)
    starts = [item.start for item in found]
    assert starts == sorted(starts)
    assert all(0 <= a < b <= len(data) for item in found for a, b in item.spans)


HARMLESS = [
    '{"max_tokens": 4096, "usage": {"completion_tokens": 12, "prompt_tokens_details": {}}}',
    '{"token_type": "Bearer", "expires_in": 3600}',
    '{"logprobs": {"content": [{"token": "Hello", "bytes": [72], "top_logprobs": []}]}}',
    '{"next_page_token": "CAUQAA"}',
    '{"id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012", "system_fingerprint": "fp_44709d6fcb"}',
    '{"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "tool_use_id": "toolu_01A09q90qw90lq917835lq9"}',
    '{"request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}',
    '{"className": "sk-loading-spinner sk-chase-dot-animation-large"}',
    "pip install sk-learn-is-a-library-of-many-things",
    "xoxo-gossip-girl-2007-forever",
    '{"labels": {"password": "Passwort", "token": "Token", "secret": "Geheimnis:"}}',
    '{"commit": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"}',
    '{"image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE"}',
    "the password: it is in the vault, ask for the token there",
    '{"delta": {"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}}',
    '{"parameters": {"properties": {"password": {"type": "string"}}, "required": ["password"]}}',
    "https://a.test/watch?v=dQw4w9WgXcQ&t=42",
    '{"session": {"type": "realtime", "model": "gpt-realtime-2025-08-28"}}',
    '{"author": "Ada Lovelace", "authority": "a.test", "authenticated": true}',
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays(text: str) -> None:
    assert find(text.encode()) == []
    assert find(f"data: {text}\n\n".encode()) == []
