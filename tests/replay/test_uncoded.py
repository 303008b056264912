import gzip
import zlib

from ssetape.format.values import Chunk, End, Response
from ssetape.replay.uncoded import uncoded, without


def test_chunks_are_decoded_each_at_its_time() -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(b"one") + packer.flush(zlib.Z_SYNC_FLUSH)]
    pieces += [packer.compress(b"two") + packer.flush()]
    head = Response(0.0, 200, "OK", "HTTP/1.1", [("content-encoding", "gzip")])
    parts = [Chunk(1.0, pieces[0]), Chunk(2.0, pieces[1]), End(3.0, "complete")]
    assert list(uncoded(parts, head)) == [Chunk(1.0, b"one"), Chunk(2.0, b"two"), parts[-1]]


def test_a_chunk_that_decodes_to_nothing_is_left_out() -> None:
    packed = gzip.compress(b"all")
    head = Response(0.0, 200, "OK", "HTTP/1.1", [("content-encoding", "gzip")])
    parts = [Chunk(1.0, packed[:5]), Chunk(2.0, packed[5:])]
    assert list(uncoded(parts, head)) == [Chunk(2.0, b"all")]


def test_headers_go_by_their_names() -> None:
    headers = [("Content-Length", "1"), ("A", "b"), ("content-encoding", "gzip")]
    assert without(headers, "content-length", "content-encoding") == [("A", "b")]
