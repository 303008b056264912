import pytest

from ssetape.masking.by_shape import find, mask, placeholder

SALT = b"s" * 32
DIGITS = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9"


@pytest.mark.parametrize(
    ("text", "secret", "name"),
    [
        (f"key sk-proj-{DIGITS}.", f"sk-proj-{DIGITS}", "openai-key"),
        (f'"a\\nsk-ant-{DIGITS}"', f"sk-ant-{DIGITS}", "anthropic-key"),
        (f"ghp_{DIGITS}", f"ghp_{DIGITS}", "github-token"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOP", "aws-key-id"),
        ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "jwt"),
        ("https://me:pa55@host/", "pa55", "url-password"),
        ('{"password": "hunter"}', "hunter", "json-field"),
        ("a=1&api_key=zzz&b=2", "zzz", "form-field"),
    ],
)
def test_a_secret_is_found_and_nothing_around_it(text: str, secret: str, name: str) -> None:
    (found,) = find(text.encode())
    assert (text[found.start : found.end], found.pattern) == (secret, name)
    masked, _ = mask(text.encode(), SALT)
    assert secret.encode() not in masked
    assert len(masked) == len(text)
    assert find(masked) == []


@pytest.mark.parametrize(
    "text",
    [
        "task-123456789012345678901234567890",
        "sk-learn-is-a-library-of-many-things",
        "123e4567-e89b-12d3-a456-426614174000",
        "Bearer of good news, bearer authentication",
        '{"max_tokens": 5, "token_count": "12"}',
        "https://host:8080/a@b",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert find(text.encode()) == []


def test_placeholders_are_equal_for_equal_secrets_under_one_salt() -> None:
    assert placeholder(b"x" * 40, SALT) == placeholder(b"x" * 40, SALT)
    assert placeholder(b"x" * 40, SALT) != placeholder(b"x" * 40, b"t" * 32)


def test_a_secret_longer_than_a_window_is_found_whole() -> None:
    secret = b"sk-ant-" + b"a1" * 200_000
    assert find(b"x " * 40_000 + secret + b" y")[0][:2] == (80_000, 80_000 + len(secret))
