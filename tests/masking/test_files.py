import os
import stat
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.masking.files import mask_capture, user_salt

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
    assert mask_capture(path, SALT) == 1
    found = list(ssetape.open(path).chunks())
    joined = b"".join(chunk.data for chunk in found)
    assert SECRET not in joined
    assert (joined[: len(left)], joined[len(left) + len(SECRET) :]) == (left, right)
    assert [(c.t_s, len(c.data)) for c in found] == [(t, len(d)) for t, d in chunks]
    assert mask_capture(path, SALT) == 0


def test_request_and_headers_are_masked_and_marked(capture_file: Callable[..., Path]) -> None:
    text = SECRET.decode()
    path = capture_file(
        [(0.5, b"data: x\n\n")], url=f"http://h/{text}?q={text}", body=SECRET, headers=[("x", text)]
    )
    assert mask_capture(path, SALT) == 4  # path, query, body, header
    assert SECRET not in path.read_bytes()
    capture = ssetape.open(path)
    assert capture.request.masked_query == ("q",)
    assert capture.response is not None
    assert capture.response.masked_headers == ("x",)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_capture_without_secrets_is_not_touched(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, b"data: x\n\n")])
    before = path.stat()
    assert mask_capture(path, SALT) == 0
    assert os.path.samestat(before, path.stat())


def test_the_salt_is_private_and_stays() -> None:
    assert user_salt() == user_salt()
    path = Path(os.environ["XDG_STATE_HOME"]) / "ssetape" / "mask-salt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
