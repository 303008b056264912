import pytest

from ssetape.masking.by_name import by_name

FOUND = [
    ('{"password": "hunter"}', "hunter"),
    ('{"a": {"b": [{"Client-Secret" : "s3"}]}}', "s3"),
    ('{"a": "{\\"password\\":\\"hunter2\\"}"}', "hunter2"),
    ('{"a": "{\\\\\\"password\\\\\\": \\\\\\"hunter2\\\\\\"}"}', "hunter2"),
    ('{"password": "pa\\"ss, word"}', 'pa\\"ss, word'),
    ("{'api_key': 'k3y'}", "k3y"),
    ('{"authorization": "Basic dXNlcjpwYXNz"}', "dXNlcjpwYXNz"),
    ('{"otp": 123456}', "123456"),
    ('{"passwords": ["one1"]}', "one1"),
    ('{"name": "x-api-key", "value": "abc123"}', "abc123"),
    ('[["x-api-key", "abc123"]]', "abc123"),
    ("a=1&api_key=zzz&b=2", "zzz"),
    ("password=zzz&b=2", "zzz"),
    ("a=1&user%5Bpassword%5D=Stein%26Bein&b=2", "Stein%26Bein"),
    ("tool --api-key a1b2c3 --verbose", "a1b2c3"),
    ('["--verbose", "--api-key", "a1b2c3"]', "a1b2c3"),
    ('{"client_secret": {"value": "ek_1", "expires_at": 1}}', "ek_1"),
    ("https://a.test/?x=1#access_token=a1b2c3d4e5", "a1b2c3d4e5"),
    ('{"form": "user=a&password=b"}', "b"),
    ("DefaultEndpoint=https;AccountKey=abc123;", "abc123"),
    ("export DB_PASSWORD=hunter2\n", "hunter2"),
    ('Content-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b--', "hunter2"),
    ('form-data; name="token"; filename="a"\r\nContent-Type: text/plain\r\n\r\nab\r\n--b', "ab"),
]
NONE = [
    '{"max_tokens": 100, "token_count": "12", "token_type": "Bearer"}',
    '{"token": "Hello", "tokens": ["Hel", "lo"], "logprob": -0.1}',
    '{"password": {"type": "string"}, "secret": null, "auth": true}',
    '{"password": "Passwort", "api_key": "API key"}',
    '{"type": "signature_delta", "signature": "EqQBCgIYAhIMa1b2c3d4e5f6"}',
    "in prose, password=word is no form, and neither is token=value",
    '{"author": "a1b2c3d4e5f6", "design": "a1b2c3d4e5f6", "inside": "a1b2c3d4e5f6"}',
    '{"password": ""}',
    '{"otp": 999999}',
    '["password", "username"]',
    '{"name": "password", "type": "password", "label": "Your password"}',
    '{"name": "api_key", "in": "query"}',
]


@pytest.mark.parametrize(("text", "secret"), FOUND)
def test_the_value_of_a_telling_field_is_found(text: str, secret: str) -> None:
    data = text.encode()
    assert [data[slice(*span)].decode() for item in by_name(data) for span in item.spans] == [
        secret
    ]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_secret_stays(text: str) -> None:
    assert list(by_name(text.encode())) == []
