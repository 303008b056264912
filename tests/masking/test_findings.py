from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.masking.findings import (
    NUMBER_FIELD,
    Finding,
    decode_base64,
    masked,
    placeholder,
    without_overlaps,
)

SALT = b"s" * 32


def test_placeholders_are_equal_for_equal_secrets_under_one_salt() -> None:
    assert placeholder(b"x" * 40, SALT) == placeholder(b"x" * 40, SALT)
    assert placeholder(b"x" * 40, SALT) != placeholder(b"x" * 40, b"t" * 32)
    assert placeholder(b"secret", SALT, 30).startswith(placeholder(b"secret", SALT, 20)[:19])
    assert placeholder(b"abc", SALT) == b"***"


def test_each_span_of_a_finding_gets_its_part_of_the_placeholder() -> None:
    found = [Finding("a", ((1, 5), (6, 16)), b"0123456789abcd")]
    new = masked(b"<0123|456789abcd>", found, SALT)
    assert new == b"<mask|" + placeholder(b"0123456789abcd", SALT)[4:] + b">"


def test_a_number_stays_a_number() -> None:
    assert masked(b'{"otp": 1234}', [Finding(NUMBER_FIELD, ((8, 12),), b"1234")], SALT) == (
        b'{"otp": 9999}'
    )


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@given(before=st.binary(max_size=8), strip=st.booleans())
def test_in_base64_only_the_secret_changes(encode: object, before: bytes, strip: bool) -> None:
    plain = before + b"secret-0123456789" + b"\xff?>"
    word = encode(plain)  # type: ignore[operator] # either function
    word = word.rstrip(b"=") if strip else word
    inside = Finding("a", ((len(before), len(before) + 17),), b"secret-0123456789")
    new = masked(word, [Finding("a", ((0, len(word)),), word, (inside,))], SALT)
    assert len(new) == len(word)
    assert decode_base64(new) == before + placeholder(b"secret-0123456789", SALT) + b"\xff?>"


def test_findings_that_overlap_are_one() -> None:
    data = b"0123456789"
    one = Finding("one", ((0, 4),), b"0123")
    inner = Finding("inner", ((1, 3),), b"12")
    other = Finding("other", ((3, 6), (8, 9)), b"3458")
    last = Finding("last", ((9, 10),), b"9")
    assert without_overlaps([last, other, inner, one], data) == [
        Finding("one", ((0, 6), (8, 9)), b"0123458"),
        last,
    ]
