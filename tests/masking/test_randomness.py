import pytest

from ssetape.masking.randomness import is_opaque, is_placeholder, looks_random

WORDS = """
    gpt-4o-2024-08-06 claude-3-5-sonnet-20241022 loading-spinner-v2-container-wrapper
    SessionTokenCreated text/event-stream /a/b/c https://a.test/q7Zk2Lw9Xv4Rt8Bn1Mc6Hd3Pf5
    no-cache,no-store max-age=31536000 2026-11-28T20:59:39Z response.output_text.delta
    application/json;charset=utf-8 1234567 abc
"""
TOKENS = "k3j9x2m1 deadbeefcafe1234 aGVsbG8gd29ybGQ qwzxkjhgfd proj-a1B2c3D4e5F6g7H8i9"


@pytest.mark.parametrize("value", WORDS.split())
def test_words_numbers_dates_and_versions_are_not_opaque(value: str) -> None:
    assert not is_opaque(value)
    assert not looks_random(value)


@pytest.mark.parametrize("value", TOKENS.split())
def test_tokens_are_opaque(value: str) -> None:
    assert is_opaque(value)


def test_only_long_values_look_random_by_themselves() -> None:
    value = "q7Zk2Lw9Xv4Rt8Bn1Mc6Hd3Pf5"
    assert looks_random(value)
    assert not looks_random(value[:16])
    assert not looks_random("123e4567-e89b-12d3-a456-426614174000")
    assert not looks_random(f"two {value}")


PLACEHOLDERS = """
    masked-0123456789abxx MASKED *** <token> {{token}} $TOKEN ${TOKEN} %TOKEN% your-api-key xxxx
    null [REDACTED] changeme true
"""


@pytest.mark.parametrize("value", PLACEHOLDERS.split())
def test_a_placeholder_is_no_secret(value: str) -> None:
    assert is_placeholder(value)
    assert is_placeholder("Bearer MASKED")
    assert not is_placeholder(f"a1{value}b2")
