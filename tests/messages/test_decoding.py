import ast
import gzip
import itertools
import random
import re
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssetape.errors import DecodingError
from ssetape.format.values import Headers
from ssetape.messages import decoding
from ssetape.messages.decoding import PIECE_BYTES, UNFOLDED_FREE_BYTES, BodyDecoder, decoded, held

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", lambda data: brotli.compress(data, quality=5)),
    "zstd": ("zstd", zstd.compress),
}
# Calls that make one of many.
JOINING = ("b''.join", "bytes", "bytearray", "list", "tuple")
KINDS = pytest.mark.parametrize("kind", ENCODERS)
BODY = b"".join(b"data: %d\n\n" % number for number in range(2_000))


def decode(coding: str | Headers, *chunks: bytes) -> bytes:
    headers = [("Content-Encoding", coding)] if isinstance(coding, str) else coding
    decoder = BodyDecoder(headers)
    return b"".join(piece for chunk in chunks for piece in decoder.feed(chunk))


def single_bytes(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@KINDS
def test_a_body_decodes_to_what_it_was(kind: str) -> None:
    coding, encode = ENCODERS[kind]
    assert decode(coding, encode(BODY)) == BODY
    assert decode(coding.upper(), encode(BODY)) == BODY


@KINDS
def test_a_body_decodes_one_byte_at_a_time(kind: str) -> None:
    coding, encode = ENCODERS[kind]
    assert decode(coding, *single_bytes(encode(BODY))) == BODY


@KINDS
def test_a_large_body_decodes_whole(kind: str) -> None:
    coding, encode = ENCODERS[kind]
    body = BODY * 150
    encoded = encode(body)
    assert len(body) > 3 * PIECE_BYTES
    assert decode(coding, encoded) == body
    half = len(encoded) // 2
    assert decode(coding, encoded[:half], encoded[half:]) == body


@KINDS
@settings(max_examples=30)
@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_any_body_decodes_wherever_it_is_cut(kind: str, data: bytes, cuts: list[int]) -> None:
    coding, encode = ENCODERS[kind]
    encoded = encode(data)
    places = [0, *sorted(min(place, len(encoded)) for place in cuts), len(encoded)]
    chunks = [encoded[a:b] for a, b in itertools.pairwise(places)]
    assert decode(coding, *chunks) == data


@pytest.mark.parametrize("kind", ["gzip", "x-gzip", "zstd"])
def test_members_may_follow_each_other(kind: str) -> None:
    coding, encode = ENCODERS[kind]
    encoded = encode(b"a" * 100) + encode(b"") + encode(b"b" * 100)
    expected = b"a" * 100 + b"b" * 100
    assert decode(coding, encoded) == expected
    assert decode(coding, *single_bytes(encoded)) == expected


def test_padding_after_a_gzip_body_is_passed_over() -> None:
    encoded = gzip.compress(b"a") + b"\0" * 50
    assert decode("gzip", encoded) == b"a"
    assert decode("gzip", *single_bytes(encoded)) == b"a"


def test_codings_are_undone_in_the_reverse_order_they_were_applied() -> None:
    stacked = brotli.compress(zstd.compress(gzip.compress(BODY)))
    for headers in (
        [("content-encoding", "gzip, zstd,br")],
        [("Content-Encoding", "gzip"), ("content-encoding", "zstd, br")],
        [("content-encoding", "identity, GZIP ,, zstd, br")],
    ):
        assert decode(headers, stacked) == BODY
        assert decode(headers, *single_bytes(stacked)) == BODY


@pytest.mark.parametrize(
    "headers", [[], [("content-encoding", "identity")], [("content-encoding", "")]]
)
def test_without_a_coding_bytes_are_given_as_they_are(headers: Headers) -> None:
    decoder = BodyDecoder(headers)
    assert [list(decoder.feed(chunk)) for chunk in (b"a", b"", b"\xff")] == [[b"a"], [], [b"\xff"]]


def test_an_unknown_coding_is_told_with_those_known() -> None:
    with pytest.raises(DecodingError) as raised:
        BodyDecoder([("content-encoding", "gzip, compress")])
    assert "content-encoding 'compress' is not supported" in str(raised.value)
    assert "gzip, x-gzip, deflate, br, zstd" in str(raised.value)


@KINDS
def test_what_is_not_so_encoded_is_told(kind: str) -> None:
    coding, _ = ENCODERS[kind]
    with pytest.raises(DecodingError, match=f"the body is not {coding} from byte 0 on: "):
        decode(coding, b"\xfe\xffdata: this is plain text\n\n" * 10)


@pytest.mark.parametrize(
    ("kind", "lost_bytes", "bad"),
    [
        ("gzip", 8, b"\xff" * 8),  # the checksum, without which some damage looks like data
        ("deflate", 4, b"\xff" * 4),
        ("br", 500, b"\xff\x00\xaa" * 2_000),
        ("zstd", 500, b"\xff\x00\xaa" * 2_000),
    ],
)
def test_a_body_that_goes_bad_is_told_with_the_place(
    kind: str, lost_bytes: int, bad: bytes
) -> None:
    coding, encode = ENCODERS[kind]
    good = encode(BODY)[:-lost_bytes]
    decoder = BodyDecoder([("content-encoding", coding)])
    assert BODY.startswith(b"".join(decoder.feed(good)))
    with pytest.raises(DecodingError, match=f"the body is not {coding} from byte {len(good)} on"):
        list(decoder.feed(bad))


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw deflate", "br", "zstd"])
@given(data=st.binary(max_size=200), place=st.integers(0, 100), added=st.binary(max_size=10))
@settings(max_examples=40)
def test_damage_raises_nothing_but_decoding_errors(
    kind: str, data: bytes, place: int, added: bytes
) -> None:
    coding, encode = ENCODERS[kind]
    encoded = encode(data)
    damaged = encoded[:place] + added + encoded[place + 1 :]
    for chunks in ([damaged], single_bytes(damaged)):
        try:
            decode(coding, *chunks)
        except DecodingError:
            pass


@KINDS
def test_a_body_cut_short_gives_what_there_is(kind: str) -> None:
    coding, encode = ENCODERS[kind]
    encoded = encode(BODY)
    for size in range(0, len(encoded), 97):
        whole = decode(coding, encoded[:size])
        assert BODY.startswith(whole)
        assert decode(coding, *single_bytes(encoded[:size])) == whole


def flushing(kind: str) -> Callable[[bytes], bytes]:
    """An encoder as streaming servers use one: what goes in can be decoded at once."""
    if kind in ("br",):
        compressor = brotli.Compressor()
        return lambda data: compressor.process(data) + compressor.flush()
    if kind == "zstd":
        zstd_compressor = zstd.ZstdCompressor()
        return lambda data: zstd_compressor.compress(data, zstd_compressor.FLUSH_BLOCK)
    wbits = {"gzip": 31, "x-gzip": 31, "deflate": 15, "raw deflate": -15}[kind]
    deflater = zlib.compressobj(wbits=wbits)
    return lambda data: deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)


@KINDS
def test_an_event_that_was_flushed_is_there_at_once(kind: str) -> None:
    decoder = BodyDecoder([("content-encoding", ENCODERS[kind][0])])
    encode = flushing(kind)
    for number in range(50):
        event = b'data: {"token": %d}\n\n' % number
        assert b"".join(decoder.feed(encode(event))) == event


def unfolded(coding: str, bomb: bytes) -> int:
    """How much comes out of a bomb until it is refused."""
    decoder = BodyDecoder([("content-encoding", coding)])
    found = 0
    pieces = decoder.feed(bomb)
    with pytest.raises(DecodingError, match="unfolds to more than 4 MiB and 50 times"):  # noqa: PT012
        while True:
            piece = next(pieces)
            assert 0 < len(piece) <= 4 * PIECE_BYTES
            found += len(piece)
    with pytest.raises(DecodingError, match="unfolds to more than"):  # and it stays refused
        list(decoder.feed(bomb))
    return found


@KINDS
def test_a_bomb_comes_out_in_pieces_and_not_as_a_whole(kind: str) -> None:
    if kind == "br" and not hasattr(brotli.Decompressor, "can_accept_more_data"):
        pytest.skip("brotli before 1.2 cannot limit what comes out at once")
    coding, encode = ENCODERS[kind]
    size = 60 * PIECE_BYTES
    bomb = encode(bytes(size))
    assert len(bomb) < size / 500
    tracemalloc.start()
    try:
        assert unfolded(coding, bomb) <= UNFOLDED_FREE_BYTES
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10 * PIECE_BYTES


@pytest.mark.parametrize("inner", [bytes(40 * PIECE_BYTES), gzip.compress(b"") * 2_000_000])
def test_a_bomb_within_a_bomb_is_refused(inner: bytes) -> None:
    """Even one that comes to nothing in the end: millions of empty members."""
    assert unfolded("gzip, gzip", gzip.compress(gzip.compress(inner))) <= UNFOLDED_FREE_BYTES


def test_a_bomb_in_one_large_chunk_is_stopped_at_its_beginning() -> None:
    bomb = gzip.compress(bytes(800 * PIECE_BYTES))  # fifty times its size is 40 MiB
    assert unfolded("gzip", bomb) <= UNFOLDED_FREE_BYTES


def test_a_large_body_that_is_packed_as_streams_are_is_decoded() -> None:
    draw = random.Random(1)
    words = [b"%d" % draw.randrange(10**9) for _ in range(1000)]
    event = b'data: {"object": "chat.completion.chunk", "model": "a-model", "text": "%b"}\n\n'
    body = b"".join(event % draw.choice(words) for _ in range(300_000))
    assert len(body) > UNFOLDED_FREE_BYTES
    assert len(decode("gzip", gzip.compress(body))) == len(body)


def test_more_codings_than_anybody_uses_are_refused() -> None:
    with pytest.raises(DecodingError, match="names 5 codings, more than 4"):
        BodyDecoder([("content-encoding", "gzip," * 5)])


def test_a_window_larger_than_its_rfc_allows_is_refused() -> None:
    options = {int(zstd.CompressionParameter.window_log): 27}
    compressor = zstd.ZstdCompressor(options=options)
    encoded = compressor.compress(b"a") + compressor.flush()
    with pytest.raises(DecodingError, match="the body is not zstd"):
        list(BodyDecoder([("content-encoding", "zstd")]).feed(encoded))


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw deflate", "br", "zstd"])
def test_a_large_body_cut_short_is_the_same_however_it_was_fed(kind: str) -> None:
    # Cuts around the place where one piece is full are where output could be left inside.
    coding, encode = ENCODERS[kind]
    encoded = encode(bytes(PIECE_BYTES + 5_000))
    for size in range(max(0, len(encoded) - 60), len(encoded) + 1):
        part = encoded[:size]
        halves = [part[: size // 2], part[size // 2 :]]
        assert len(decode(coding, part)) == len(decode(coding, *halves))
        assert len(decode(coding, part)) == len(decode(coding, *single_bytes(part)))


@pytest.mark.parametrize(("coding", "package"), [("br", "brotli"), ("zstd", "backports.zstd")])
def test_a_coding_whose_package_is_missing_is_named(
    coding: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(decoding, "import_module", missing)
    with pytest.raises(DecodingError, match=f"'{coding}' needs the package {package}"):
        BodyDecoder([("content-encoding", coding)])
    assert BodyDecoder([("content-encoding", "gzip")])


def test_a_whole_body_is_decoded_as_far_as_wanted() -> None:
    headers = [("content-encoding", "gzip")]
    data = gzip.compress(bytes(3 * PIECE_BYTES))
    assert decoded([], b"abc") == b"abc"
    assert decoded(headers, data) == bytes(3 * PIECE_BYTES)
    assert PIECE_BYTES <= len(decoded(headers, data, PIECE_BYTES)) < 3 * PIECE_BYTES
    with pytest.raises(DecodingError):
        decoded(headers, b"abc")


def test_what_is_held_as_a_whole_has_a_limit_and_no_more_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "HELD_LIMIT_BYTES", 10)
    asked = iter([b"12345", b"67890", b"1", b"never"])
    with pytest.raises(DecodingError, match="more than is held in memory at once"):
        held(asked)
    assert list(asked) == [b"never"]
    assert held([b"12345", b"67890"]) == b"1234567890"
    with pytest.raises(DecodingError, match="shown raw"):
        decoded([("content-encoding", "gzip")], gzip.compress(bytes(11)))
    assert decoded([], bytes(11)) == bytes(11)  # held by the caller already


def test_nobody_holds_what_a_body_unfolds_to_without_the_limit() -> None:
    """Whoever makes one of the pieces of a decoder does so with `held` or `decoded`."""
    root = Path(__file__).resolve().parents[2]
    joined = re.compile(r"[Dd]ecoder(\(.*\))?\.feed\(")
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for folder in ("ssetape", "addon", "replay")
        for path in (root / folder).rglob("*.py")
        if path.name != "decoding.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in JOINING
        and joined.search(ast.unparse(node))
    ]
    assert found == []
