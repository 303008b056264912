from ssetape.masking.beginnings import beginnings
from ssetape.masking.findings import Finding

SECRET = b"hf_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"


def test_a_message_that_grows_shows_no_beginning_of_its_secret() -> None:
    data = b"".join(b'{"text": "%b"}\n' % SECRET[:size] for size in range(0, len(SECRET) + 1, 7))
    found = [Finding("a", ((0, 1),), SECRET)]
    texts = [data[slice(*item.spans[0])] for item in beginnings(found, data)]
    assert texts == [SECRET[:size] for size in range(14, len(SECRET), 7)]
    assert all(item.pattern == "a" for item in beginnings(found, data))


def test_beginnings_of_short_secrets_are_words() -> None:
    assert list(beginnings([Finding("a", ((0, 7),), b"hunter2")], b"hunters hunt")) == []
