from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Headers, Request, Response
from ssetape.masking.by_place import (
    MASK,
    mask_headers,
    mask_request,
    mask_response,
    mask_url,
)
from ssetape.masking.names import Telling, telling

CREDENTIALS = ["authorization", "cookie", "proxy-authorization", "set-cookie"]
RANDOM = "q7Zk2Lw9Xv4Rt8Bn1Mc6Hd3Pf5"


def masked(name: str, value: str) -> str:
    ((_, new),) = mask_headers([(name, value)])[0]
    return new


# --- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *CREDENTIALS,
        "api-key",
        "ocp-apim-subscription-key",
        "openai-sentinel-chat-requirements-token",
        "openai-sentinel-proof-token",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-conduit-token",
        "x-csrf-token",
        "x-goog-api-key",
        "x-session-id",
        "x-vault-token",
        "x-xsrf-token",
        "x_secret",
    ],
)
def test_a_header_of_credentials_is_masked_in_any_case(name: str) -> None:
    for spelled in (name, name.title(), name.upper()):
        headers, changed = mask_headers([("A", "1"), (spelled, "secret-v4lue1"), ("b", "2")])
        assert headers == [("A", "1"), (spelled, MASK), ("b", "2")]
        assert changed == [name]


def test_a_random_value_is_masked_under_any_name_that_does_not_explain_it() -> None:
    assert masked("x-whatever", RANDOM) == MASK
    for name in ("etag", "x-request-id", "cf-ray", "traceparent", "x-build", "sec-websocket-key"):
        assert masked(name, RANDOM) == RANDOM
    for value in ("text/event-stream", "max-age=31536000", "gpt-4o-2024-08-06", RANDOM[:12]):
        assert masked("x-whatever", value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-ratelimit-remaining-tokens", "149984"),
        ("anthropic-ratelimit-tokens-limit", "100000"),
        ("www-authenticate", 'Bearer realm="a"'),
        ("x-auth-mode", "basic"),
        ("access-control-allow-headers", "authorization,x-api-key"),
    ],
)
def test_what_only_sounds_like_a_credential_stays(name: str, value: str) -> None:
    assert masked(name, value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bearer sk-secret", "Bearer MASKED"),
        ("bearer   sk secret", "bearer MASKED"),
        ("Basic dXNlcjpwYXNz", "Basic MASKED"),
        ("AWS4-HMAC-SHA256 Credential=a, Signature=b", "AWS4-HMAC-SHA256 MASKED"),
        ('Digest username="u", response="r"', "Digest MASKED"),
        ("sk-secret", "MASKED"),
        ("Bearer ", "MASKED"),
        (" secret", "MASKED"),
        ("dXNlcjpwYXNz== x", "MASKED"),
        ("", ""),
        ("  ", "  "),
    ],
)
def test_the_scheme_of_an_authorization_is_kept(value: str, expected: str) -> None:
    assert masked("Authorization", value) == expected
    assert masked("proxy-authorization", value) == expected


def test_only_an_authorization_has_a_scheme() -> None:
    assert masked("x-api-key", "Bearer secret") == "MASKED"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=1", "a=MASKED"),
        ("a=1; b=x=y; c", "a=MASKED; b=MASKED; MASKED"),
        ("a=1;b=2", "a=MASKED; b=MASKED"),
        ("a=", "a=MASKED"),
    ],
)
def test_the_names_of_cookies_are_kept(value: str, expected: str) -> None:
    assert masked("Cookie", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=1; Path=/; HttpOnly", "a=MASKED; Path=/; HttpOnly"),
        (
            "a=x=y; expires=Wed, 21 Oct 2026 07:28:00 GMT;Secure",
            "a=MASKED; expires=Wed, 21 Oct 2026 07:28:00 GMT;Secure",
        ),
        ("a=1", "a=MASKED"),
        ("a", "MASKED"),
    ],
)
def test_the_attributes_of_a_cookie_being_set_are_kept(value: str, expected: str) -> None:
    assert masked("Set-Cookie", value) == expected


@pytest.mark.parametrize("name", ["Location", "content-location", "Referer"])
def test_a_header_that_repeats_a_url_repeats_no_secret(name: str) -> None:
    headers, changed = mask_headers([(name, "https://x/a?key=secret&b=1#c")])
    assert headers == [(name, "https://x/a?key=MASKED&b=1#c")]
    assert changed == [name.lower()]
    assert mask_headers([(name, "https://x/a?b=1")]) == ([(name, "https://x/a?b=1")], [])


def test_each_name_is_told_once_and_in_order() -> None:
    headers = [("set-cookie", "a=1"), ("X-Api-Key", "s"), ("Set-Cookie", "b=2"), ("Cookie", "")]
    assert mask_headers(headers)[1] == ["set-cookie", "x-api-key"]


@given(
    st.lists(st.tuples(st.text(max_size=10) | st.sampled_from(CREDENTIALS), st.text(max_size=20)))
)
def test_all_else_is_left_as_it_is(headers: Headers) -> None:
    result, changed = mask_headers(headers)
    assert [name for name, _ in result] == [name for name, _ in headers]
    for (name, before), (_, after) in zip(headers, result, strict=True):
        if name.lower() not in CREDENTIALS and telling(name.lower()) is Telling.NOTHING:
            assert after == before
        if after != before:
            assert name.lower() in changed
            assert MASK in after


@given(
    name=st.sampled_from(CREDENTIALS),
    secret=st.text("abcdefghijkmnop0123456789", min_size=16, max_size=40),
    shape=st.sampled_from(["{}", "Bearer {}", "a={}", "a=1; b={}", "a={}; Path=/", " {} "]),
)
def test_no_part_of_a_secret_is_left(name: str, secret: str, shape: str) -> None:
    value = shape.format(secret)
    if name == "set-cookie" and value.startswith("a=1"):
        return  # b is an attribute there
    assert secret not in masked(name, value)


def test_masking_again_changes_nothing() -> None:
    headers = [("Authorization", "Bearer s"), ("Cookie", "a=1; b=2"), ("Set-Cookie", "a=1; Path=/")]
    once, _ = mask_headers(headers)
    assert mask_headers(once) == (once, [])


# --- URLs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["api_key", "code", "key", "sig", "token", "x-amz-signature"])
def test_a_secret_parameter_is_masked_in_any_case(name: str) -> None:
    for spelled in (name, name.upper(), quote(name, safe="")):
        url, changed = mask_url(f"https://x/a?b=1&{spelled}=secret&c=%20+")
        assert url == f"https://x/a?b=1&{spelled}={MASK}&c=%20+"
        assert [found.lower() for found in changed] == [name]


@pytest.mark.parametrize(
    ("url", "expected", "changed"),
    [
        ("https://x/?%6Bey=s", "https://x/?%6Bey=MASKED", ["key"]),
        ("https://x/?%6b%65%79=s", "https://x/?%6b%65%79=MASKED", ["key"]),
        ("https://x/?key=a&key=b", "https://x/?key=MASKED&key=MASKED", ["key"]),
        ("https://x/?key=a=b&c=d", "https://x/?key=MASKED&c=d", ["key"]),
        ("https://x/?key=MASKED", "https://x/?key=MASKED", []),
        ("https://x/?key=a#frag", "https://x/?key=MASKED#frag", ["key"]),
        ("https://x/?a=?key=b", "https://x/?a=?key=b", []),
        ("https://x/?key=", "https://x/?key=", []),
        ("https://x/?key", "https://x/?key", []),
        ("https://x/?monkey=a&keys=b", "https://x/?monkey=a&keys=b", []),
        ("https://x/key=a", "https://x/key=a", []),
        ("https://x/a;jsessionid=B7?b=1", "https://x/a;jsessionid=MASKED?b=1", ["jsessionid"]),
        ("https://x/#access_token=a&b=1", "https://x/#access_token=MASKED&b=1", ["access_token"]),
        ("https://x/?page_token=abc&max_tokens=5", "https://x/?page_token=abc&max_tokens=5", []),
        ("/a?token=t", "/a?token=MASKED", ["token"]),
    ],
)
def test_a_url_keeps_all_but_its_secrets(url: str, expected: str, changed: list[str]) -> None:
    assert mask_url(url) == (expected, changed)


PARAMETERS = ("key", "token", "sig")


@given(
    st.lists(
        st.tuples(
            st.text("abc%+ é", max_size=5) | st.sampled_from(["key", "TOKEN", "%73ig", "q"]),
            st.text("abc%=+?/é", max_size=8),
        ),
        max_size=6,
    )
)
def test_unmasked_parts_of_a_url_are_returned_byte_for_byte(pairs: list[tuple[str, str]]) -> None:
    url = "https://x/p%41th?" + "&".join(f"{name}={value}" for name, value in pairs)
    found, changed = mask_url(url)
    expected = [
        (name, MASK if value and name.lower().replace("%73", "s") in PARAMETERS else value)
        for name, value in pairs
    ]
    # A mark within a value, "?", begins no parameter.
    assert found == "https://x/p%41th?" + "&".join(f"{n}={v}" for n, v in expected)
    assert bool(changed) == (found != url)


@given(st.text())
def test_any_text_is_a_url_to_it(text: str) -> None:
    url, changed = mask_url(text)
    if not changed:
        assert url == text


# --- requests and responses ------------------------------------------------------------------


def test_a_masked_request_is_marked() -> None:
    headers = [("Cookie", "sid=1"), ("accept", "*/*")]
    request = Request("POST", "https://a.test/?key=1&x=2", "HTTP/1.1", headers, b"body")
    assert mask_request(request) == Request(
        "POST",
        "https://a.test/?key=MASKED&x=2",
        "HTTP/1.1",
        [("Cookie", "sid=MASKED"), ("accept", "*/*")],
        b"body",
        masked_headers=("cookie",),
        masked_query=("key",),
    )


def test_a_masked_response_is_marked() -> None:
    response = Response(0.5, 200, "OK", "HTTP/1.1", [("set-cookie", "sid=1; Path=/")])
    headers = [("set-cookie", "sid=MASKED; Path=/")]
    assert mask_response(response) == Response(
        0.5, 200, "OK", "HTTP/1.1", headers, masked_headers=("set-cookie",)
    )


def test_a_header_is_masked_although_it_no_longer_holds() -> None:
    sent = [("content-encoding", "br"), ("set-cookie", "sid=1"), ("authorization", "x y")]
    response = Response(
        0.5, 200, "", "HTTP/2.0", [("set-cookie", "a=1")], decoded_headers=sent, from_cache=True
    )
    masked_response = mask_response(response)
    assert masked_response.decoded_headers == [
        *(("content-encoding", "br"), ("set-cookie", "sid=MASKED"), ("authorization", "x MASKED"))
    ]
    assert masked_response.masked_headers == ("set-cookie", "authorization")
    assert masked_response.from_cache


def test_what_was_masked_before_stays_marked() -> None:
    asked = Request("GET", "http://a.test/?token=abc", "", [("authorization", "Bearer abc")])
    once = mask_request(asked)
    assert mask_request(once) == once
    assert once.masked_headers == ("authorization",)
    head = Response(0.1, 200, "", "", [("set-cookie", "a=b")])
    assert mask_response(mask_response(head)) == mask_response(head)
