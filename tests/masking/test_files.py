import gzip
import json
import os
import stat
import sys
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.masking.files import mask_capture, user_salt
from ssetape.messages.decoding import UNFOLDED_FREE_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
SALT = b"s" * 32
SECRET = b"sk-ant-a1B2c3D4e5F6g7H8i9J0"


@given(
    before=st.text("abc \né", max_size=20),
    after=st.text("abc\né", max_size=20),
    cuts=st.lists(st.integers(0, 90), max_size=6),
)
def test_a_secret_cut_anywhere_is_gone_and_all_else_unchanged(
    before: str, after: str, cuts: list[int], capture_file: Callable[..., Path]
) -> None:
    left, right = f"{before} ".encode(), f" {after}".encode()
    body = left + SECRET + right
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [(n / 8, body[a:b]) for n, (a, b) in enumerate(pairwise(edges))]
    path = capture_file(chunks)
    assert mask_capture(path, SALT).secret_count == 1
    found = list(ssetape.open(path).chunks())
    joined = b"".join(chunk.data for chunk in found)
    assert SECRET not in joined
    assert (joined[: len(left)], joined[len(left) + len(SECRET) :]) == (left, right)
    assert [(c.t_s, len(c.data)) for c in found] == [(t, len(d)) for t, d in chunks]
    assert mask_capture(path, SALT).secret_count == 0


def test_request_and_headers_are_masked_and_marked(capture_file: Callable[..., Path]) -> None:
    text = SECRET.decode()
    path = capture_file(
        [(0.5, b"data: x\n\n")], url=f"http://h/{text}?q={text}", body=SECRET, headers=[("x", text)]
    )
    assert mask_capture(path, SALT).secret_count == 4  # path, query, body, header
    assert SECRET not in path.read_bytes()
    capture = ssetape.open(path)
    assert capture.request.masked_query == ("q",)
    assert capture.response is not None
    assert capture.response.masked_headers == ("x",)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_capture_without_secrets_is_not_touched(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, b"data: x\n\n")])
    before = path.stat()
    assert mask_capture(path, SALT).secret_count == 0
    assert os.path.samestat(before, path.stat())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_an_encoded_body_with_secrets_is_kept_decoded_and_marked(
    coding: str, capture_file: Callable[..., Path]
) -> None:
    plain = b"data: {}\n\ndata: " + SECRET + b"\n\n"
    body = ENCODE[coding](plain)
    headers = [("content-encoding", coding), ("content-length", str(len(body)))]
    chunks = [(0.5, body[:1]), (0.75, body[1:9]), (1.0, body[9:])]
    path = capture_file(chunks, headers=headers)
    assert mask_capture(path, SALT) == (1, None)
    capture = ssetape.open(path)
    found = list(capture.chunks())
    joined = b"".join(chunk.data for chunk in found)
    assert joined.startswith(b"data: {}\n\ndata: masked-")
    assert len(joined) == len(plain)
    assert found[-1].t_s == 1.0
    assert all(chunk.data for chunk in found)
    assert capture.response is not None
    assert capture.response.headers == []
    assert json.loads(path.read_text().splitlines()[1])[2]["masked"]["coding"] == coding
    assert capture.end is not None
    assert (capture.end.chunks, capture.end.size_bytes) == (len(found), len(plain))
    assert mask_capture(path, SALT) == (0, None)


def test_what_a_browser_decoded_is_masked_and_keeps_what_is_said_of_it(
    capture_file: Callable[..., Path],
) -> None:
    browser = {"browser": "Chrome/156.0.8078.108", "target": "page", "chunks": "reads"}
    coding = [("content-encoding", "br"), ("content-length", "312")]
    path = capture_file(
        [(0.5, b"data: " + SECRET[:9]), (0.6, SECRET[9:] + b"\n\n")],
        headers=[("set-cookie", "sid=1")],
        tapped=browser,
        decoded=[*coding, ("x-token", SECRET.decode())],
        from_cache=True,
    )
    assert mask_capture(path, SALT) == (3, None)
    assert SECRET[9:] not in path.read_bytes()
    capture = ssetape.open(path)
    assert capture.tapped == browser
    assert capture.response is not None
    assert capture.response.from_cache
    assert capture.response.decoded_headers == [*coding, ("x-token", "MASKED")]
    assert capture.response.masked_headers == ("set-cookie", "x-token")
    assert capture.response.masked_coding == ""
    assert mask_capture(path, SALT).secret_count == 0


def test_an_encoded_body_without_secrets_is_not_touched(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, gzip.compress(b"data: x"))], headers=[("content-encoding", "gzip")])
    before = path.stat()
    assert mask_capture(path, SALT) == (0, None)
    assert os.path.samestat(before, path.stat())


@pytest.mark.parametrize("coding", ["gzip", "compress"])
def test_what_does_not_decode_is_told_and_all_else_is_masked(
    coding: str, capture_file: Callable[..., Path]
) -> None:
    headers = [("content-encoding", coding), ("x", SECRET.decode())]
    path = capture_file([(0.5, b"no gzip")], headers=headers)
    count, problem = mask_capture(path, SALT)
    assert count == 1
    assert problem is not None
    assert "the body was not searched" in problem
    assert coding in problem
    assert [chunk.data for chunk in ssetape.open(path).chunks()] == [b"no gzip"]


def test_a_bomb_is_told(capture_file: Callable[..., Path]) -> None:
    body = gzip.compress(bytes(UNFOLDED_FREE_BYTES + 1))
    path = capture_file([(0.5, body)], headers=[("content-encoding", "gzip")])
    assert "unfolds to more than" in str(mask_capture(path, SALT).problem)


def test_the_salt_is_private_and_stays() -> None:
    assert user_salt() == user_salt()
    path = Path(os.environ["XDG_STATE_HOME"]) / "ssetape" / "mask-salt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
