import struct
import zlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Chunk
from ssetape.masking.frames import FrameSealer
from ssetape.messages.aws import AwsFrames


def frame(payload: bytes, content_crc_of: bytes | None = None) -> bytes:
    """A frame whose checksum is that of another payload of the same length, if one is given."""
    headers = b"\x0b:event-type\x07\x00\x05chunk"
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    start = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers
    was = payload if content_crc_of is None else content_crc_of
    return start + payload + struct.pack(">I", zlib.crc32(start + was))


@given(
    payloads=st.lists(st.binary(max_size=20), max_size=5),
    cuts=st.lists(st.integers(0, 300), max_size=8),
)
def test_checksums_hold_however_the_body_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    changed = b"".join(frame(b"x" * len(payload), payload) for payload in payloads)
    expected = b"".join(frame(b"x" * len(payload)) for payload in payloads)
    edges = [0, *sorted(min(cut, len(changed)) for cut in cuts), len(changed)]
    sealer = FrameSealer()
    sealed = b"".join(sealer.seal(changed[a:b]) for a, b in pairwise(edges))
    assert sealed == expected
    frames = AwsFrames([])
    found = [message.data for message in frames.feed(Chunk(0.0, sealed))]
    assert found == ["x" * len(payload) for payload in payloads]


@given(data=st.binary(max_size=60))
def test_what_is_no_frame_stays(data: bytes) -> None:
    good = frame(b"payload")
    assert FrameSealer().seal(good + data)[: len(good)] == good
    assert len(FrameSealer().seal(data)) == len(data)
    assert FrameSealer().seal(b"not a frame " + data) == b"not a frame " + data
