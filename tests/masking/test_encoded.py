import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.errors import DecodingError
from ssetape.masking.encoded import coding, has_secrets, without_coding
from ssetape.messages.decoding import UNFOLDED_FREE_BYTES

SECRET = b"sk-ant-a1B2c3D4e5F6g7H8i9J0"
GZIP = [("content-encoding", "gzip")]


@pytest.mark.parametrize(("body", "has"), [(SECRET, True), (b"nothing", False)])
def test_an_encoded_body_has_secrets_or_not(
    body: bytes, has: bool, capture_file: Callable[..., Path]
) -> None:
    data = gzip.compress(body)
    chunks = [(n / 8, bytes([byte])) for n, byte in enumerate(data)]
    lines = capture_file(chunks, headers=GZIP).read_bytes().splitlines(keepends=True)
    assert has_secrets(lines) is has


def test_a_body_as_it_came_is_searched_elsewhere(capture_file: Callable[..., Path]) -> None:
    lines = capture_file([(0.1, SECRET)]).read_bytes().splitlines(keepends=True)
    assert has_secrets(lines) is False


def test_a_bomb_is_refused_where_it_unfolds(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.1, gzip.compress(bytes(UNFOLDED_FREE_BYTES + 1)))], headers=GZIP)
    with pytest.raises(DecodingError, match="unfolds to more than"):
        has_secrets(path.read_bytes().splitlines(keepends=True))


def test_the_coding_is_named_and_its_headers_go() -> None:
    fields = {"headers": [["Content-Encoding", "GZip"], ["a", "b"], ["Content-Length", "9"]]}
    assert coding(fields["headers"]) == "gzip"
    without_coding(fields)
    assert fields == {"headers": [["a", "b"]]}
    assert coding([["content-encoding", "identity"]]) == ""
