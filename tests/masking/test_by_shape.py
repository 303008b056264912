import pytest

from ssetape.masking.by_shape import by_shape
from ssetape.masking.words import long_words


def words(data: str) -> list[tuple[str, str]]:
    raw = data.encode()
    found = by_shape(raw, long_words(raw))
    return [(item.pattern, raw[item.start : item.spans[-1][1]].decode()) for item in found]


@pytest.mark.parametrize(
    ("text", "secret", "name"),
    [
        ("https://me:pa55@host/", "pa55", "url-password"),
        ("x Bearer abcdefgh12345", "abcdefgh12345", "bearer-token"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMIIEpAIBAAKC\nab\n-----END EC PRIVATE KEY-----\n",
            "MIIEpAIBAAKC\nab\n-----END EC PRIVATE KEY-----",
            "private-key",
        ),
    ],
)
def test_other_shapes_are_found(text: str, secret: str, name: str) -> None:
    assert words(text) == [(name, secret)]


def test_the_lines_of_a_private_key_stay_lines() -> None:
    data = b"data: -----BEGIN PRIVATE KEY-----\ndata: MIIEpAIBAAKCAQEA\ndata: abcd\n\nx"
    (found,) = by_shape(data, long_words(data))
    assert [data[slice(*span)] for span in found.spans] == [b"MIIEpAIBAAKCAQEA", b"abcd", b"x"]


@pytest.mark.parametrize(
    "text",
    [
        "task-123456789012345678901234567890",
        "123e4567-e89b-12d3-a456-426614174000",
        "Bearer of good news, bearer authentication",
        "https://host:8080/a@b",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert words(text) == []


def test_a_very_long_key_is_found_whole() -> None:
    secret = "sk-ant-" + "a1" * 200_000
    assert words(f"{'x ' * 40_000}{secret} y") == [("anthropic-key", secret)]
