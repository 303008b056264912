import gzip
import json
from binascii import b2a_base64
from collections.abc import Callable
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.masking import body as masked_body
from ssetape.masking.findings import masked
from ssetape.masking.lines import Masker
from ssetape.masking.search import find

SALT = b"s" * 32
SECRETS = [b"sk-ant-a1B2c3D4e5F6g7H8i9J0", b'"password": "hunter2"', b"AKIAABCDEFGHIJKLMNOP"]

# Windows as small as the secrets: what holds for these holds for large ones.
SMALL = {"_WINDOW_BYTES": 120, "_TAIL_BYTES": 40, "_CONTEXT_BYTES": 24}

BODIES = st.lists(st.sampled_from([*SECRETS, b" ", b"\n", b"word ", b"\xff", b"data: x\n\n"]))


def masked_file(content: bytes) -> tuple[bytes, int]:
    masker = Masker(SALT)
    pairs = list(masker.lines(content.splitlines(keepends=True)))
    assert b"".join(old for old, _ in pairs) == content
    return b"".join(new for _, new in pairs), masker.count


@given(words=BODIES, cuts=st.lists(st.integers(0, 400), max_size=30))
def test_a_body_is_masked_alike_however_it_is_cut_and_searched(
    words: list[bytes], cuts: list[int], capture_file: Callable[..., Path]
) -> None:
    body = b" ".join(words)
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [(n / 8, body[a:b]) for n, (a, b) in enumerate(pairwise(edges))]
    content = capture_file(chunks).read_bytes()
    found = find(body)
    expected = masked(body, found, SALT)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(masked_body, name, value)
        new, count = masked_file(content)
    assert count == len(found)
    again = list(ssetape.open(capture_file(new)).chunks())
    assert b"".join(chunk.data for chunk in again) == expected
    assert [(chunk.t_s, len(chunk.data)) for chunk in again] == [(t, len(d)) for t, d in chunks]
    starts = [0, *accumulate(len(data) for _, data in chunks)]
    marked = [
        (starts[number] + start, starts[number] + end)
        for number, line in enumerate(new.splitlines()[2 : 2 + len(chunks)])
        for start, end, _ in (json.loads(line)[3:] or [{"masked": []}])[0]["masked"]
    ]
    assert {at for span in marked for at in range(*span)} == {
        at for item in found for span in item.spans for at in range(*span)
    }


def test_a_secret_that_ends_far_behind_its_window_is_found_whole(
    capture_file: Callable[..., Path],
) -> None:
    filler = b"x " * (masked_body._WINDOW_BYTES // 2)
    value = b"v" * 5_000
    body = filler[:-100] + b'"password": "' + value + b'"' + filler + b"end"
    chunks = [(n / 1000, body[n * 900 : n * 900 + 900]) for n in range(len(body) // 900 + 1)]
    new, count = masked_file(capture_file(chunks).read_bytes())
    assert count == 1
    joined = b"".join(chunk.data for chunk in ssetape.open(capture_file(new)).chunks())
    assert (len(joined), joined.count(b"v" * 10)) == (len(body), 0)
    assert joined.count(b"masked-") == 1


def test_the_end_says_how_many_were_masked(capture_file: Callable[..., Path]) -> None:
    new, count = masked_file(capture_file([(0.1, SECRETS[0] + b" " + SECRETS[2])]).read_bytes())
    assert count == 2
    assert json.loads(new.splitlines()[-1])[2]["masked"] == 2
    assert masked_file(new) == (new, 0)


def test_what_the_recorder_has_masked_is_not_counted_again(
    capture_file: Callable[..., Path],
) -> None:
    url = "http://a.test/stream?key=MASKED"
    content = capture_file([(0.1, b"data: x\n\n")], url=url, masked_query=["key"]).read_bytes()
    assert masked_file(content) == (content, 0)


def test_what_is_content_encoded_stays_unless_it_is_to_be_decoded(
    capture_file: Callable[..., Path],
) -> None:
    content = capture_file([(0.1, SECRETS[0])], headers=[("content-encoding", "br")]).read_bytes()
    assert masked_file(content) == (content, 0)


@pytest.mark.parametrize("is_in_body", [True, False])
def test_no_digest_of_what_a_client_got_gives_a_masked_body_away(
    is_in_body: bool, capture_file: Callable[..., Path]
) -> None:
    client = {"reason": "complete", "bytes": 9, "sha256": "ab"}
    end = {"reason": "complete", "altered": True, "faults": ["slow factor=2.0"], "client": client}
    tail = json.dumps([1.0, "end", end]).encode() + b"\n"
    secret = SECRETS[1] if is_in_body else b"nothing"
    headers = [("set-cookie", "a=b1c2d3e4f5g6h7i8j9")]
    content = capture_file([(0.1, secret)], headers=headers, end=None, tail=tail).read_bytes()
    new, count = masked_file(content)
    kept = {name: value for name, value in client.items() if not is_in_body or name != "sha256"}
    assert count
    assert json.loads(new.splitlines()[-1])[2] == {**end, "client": kept, "masked": count}


def socket_capture(*records: list[Any]) -> bytes:
    request = {"method": "GET", "url": "ws://a.test/", "http_version": "HTTP/1.1", "headers": []}
    header = {"ssetape": 1, "id": "x", "kind": "websocket", "started": "2026-01-01T00:00:00Z"}
    head = [0.1, "head", {"status": 101, "headers": []}]
    lines = [{**header, "request": request}, head, *records, [1.0, "end", {"reason": "complete"}]]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_messages_of_a_websocket_are_masked_each_as_what_it_is() -> None:
    secret = SECRETS[0].decode()
    binary = "c2stYW50LWExQjJjM0Q0ZTVGNmc3SDhpOUow"  # the same in base64
    content = socket_capture(
        [0.2, ">", f"hello {secret}"],
        [0.3, "<", "plain"],
        [0.4, "<b", binary, {"injected": True}],
    )
    new, count = masked_file(content)
    _, _, sent, plain, received, end = map(json.loads, new.splitlines())
    assert count == 2
    assert sent[1] == ">"
    assert sent[2].startswith("hello masked-")
    assert sent[3] == {"masked": [[6, 33, "anthropic-key"]]}
    assert plain == [0.3, "<", "plain"]
    assert (received[1], received[3]["injected"]) == ("<b", True)
    assert received[2] != binary
    assert end[2]["masked"] == 2


def test_a_torn_line_stays_as_it_is(capture_file: Callable[..., Path]) -> None:
    content = capture_file([(0.1, SECRETS[0])], end=None, tail=b'[0.2, "<", "sk-a').read_bytes()
    new, count = masked_file(content)
    assert count == 1
    assert new.endswith(b'[0.2, "<", "sk-a')
    assert find(new) == []


def test_a_secret_in_pieces_of_several_messages_is_masked_in_all() -> None:
    key = SECRETS[0].decode()
    pieces = [key[n : n + 5] for n in range(0, len(key), 5)]
    content = socket_capture(*([0.2, "<", json.dumps({"delta": piece})] for piece in pieces))
    new, count = masked_file(content)
    assert count == 1
    again = [json.loads(line) for line in new.splitlines()[2:-1]]
    assembled = "".join(json.loads(record[2])["delta"] for record in again)
    assert assembled.startswith("masked-")
    assert len(assembled) == len(key)
    assert all(record[3]["masked"][0][2] == "anthropic-key" for record in again)


def test_an_encoded_request_body_is_kept_decoded(capture_file: Callable[..., Path]) -> None:
    header, _, rest = capture_file([(0.1, b"data: x\n\n")]).read_bytes().partition(b"\n")
    fields = json.loads(header)
    body = gzip.compress(b'{"password": "hunter2"}')
    fields["request"]["headers"] = [["Content-Encoding", "gzip"], ["content-length", "9"]]
    fields["request"]["body"] = {"base64": b2a_base64(body, newline=False).decode()}
    new, count = masked_file(json.dumps(fields).encode() + b"\n" + rest)
    request = json.loads(new.splitlines()[0])["request"]
    assert count == 1
    assert request["body"] == {"text": '{"password": "*******"}'}
    assert request["headers"] == []
    assert request["masked"] == {"coding": "gzip", "body": [[14, 21, "json-field"]]}
