import base64
import errno
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.format.encode import body_field
from ssetape.format.values import Trailers
from ssetape.format.writer import CaptureWriter

HEADER: dict[str, Any] = {
    "id": "x",
    "kind": "http",
    "request": {"method": "GET", "url": "http://origin.test/", "headers": []},
}
HEAD = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "headers": []}

LATIN_1 = st.text(st.characters(max_codepoint=255), max_size=20)
HEADERS = st.lists(st.tuples(LATIN_1, LATIN_1), max_size=5)
# Microseconds are what the format keeps.
TIMES = st.integers(0, 10**11).map(lambda us: us / 1e6)
CHUNKS = st.lists(
    st.tuples(TIMES, st.one_of(st.binary(), st.text().map(lambda text: text.encode()))),
    max_size=12,
)


def lines_of(path: Path) -> list[Any]:
    content = path.read_bytes()
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.splitlines()]


@given(
    chunks=CHUNKS,
    headers=HEADERS,
    trailers=HEADERS,
    body=st.one_of(st.none(), st.binary(min_size=1), st.text(min_size=1).map(str.encode)),
)
def test_what_is_written_is_read(
    chunks: list[tuple[float, bytes]],
    headers: list[tuple[str, str]],
    trailers: list[tuple[str, str]],
    body: bytes | None,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        request = {**HEADER["request"], "headers": headers, "body": body_field(body)}
        writer = CaptureWriter.create(Path(folder), "c", {**HEADER, "request": request})
        writer.head(0.25, {**HEAD, "headers": headers})
        for t_s, data in chunks:
            writer.chunk(t_s, data)
        writer.trailers(0.5, trailers)
        writer.end(0.75, "complete", error="é")

        capture = ssetape.open(writer.path)
        assert capture.id == "x"
        assert capture.request.headers == headers
        assert capture.request.body == body
        assert capture.response is not None
        assert (capture.response.t_s, capture.response.headers) == (0.25, headers)
        assert list(capture.chunks()) == chunks
        assert [part.headers for part in capture.parts() if isinstance(part, Trailers)] == [
            trailers
        ]
        assert capture.problems == []
        end = capture.end
        assert end is not None
        assert (end.t_s, end.reason, end.error) == (0.75, "complete", "é")
        assert (end.chunks, end.size_bytes) == (len(chunks), sum(len(data) for _, data in chunks))
        # And the file is what the format says, to a reader that is not ours.
        assert len(lines_of(writer.path)) == len(chunks) + 4


def encode_chunk(t_s: float, data: bytes) -> bytes:
    """The line that a chunk becomes."""
    with tempfile.TemporaryDirectory() as folder:
        writer = CaptureWriter.create(Path(folder), "x", {})
        writer.chunk(t_s, data)
        writer.close()
        return writer.path.read_bytes().partition(b"\n")[2]


@given(t_s=TIMES, data=st.one_of(st.binary(), st.text().map(lambda text: text.encode())))
def test_a_chunk_is_one_line_that_any_json_reader_reads(t_s: float, data: bytes) -> None:
    line = encode_chunk(t_s, data)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    found_s, code, value = json.loads(line)
    assert found_s == t_s
    assert (value.encode() if code == "<" else base64.b64decode(value)) == data


def test_bytes_that_are_text_are_written_as_text() -> None:
    assert encode_chunk(0.5, b'a"\n\xc3\xa9') == b'[0.500000, "<", "a\\"\\n\xc3\xa9"]\n'


def test_bytes_that_are_no_text_are_written_as_base64() -> None:
    assert encode_chunk(12.0000004, b"\xc3") == b'[12.000000, "<b", "ww=="]\n'


def test_the_file_begins_with_the_version_and_is_complete_after_every_record(
    tmp_path: Path,
) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", HEADER)
    assert writer.path.read_bytes().startswith(b'{"ssetape": 1, "id": "x"')
    writer.head(0.1, HEAD)
    assert lines_of(writer.path)[1:] == [[0.1, "head", HEAD]]
    for number in range(3):
        writer.chunk(0.2, b"abc")
        # Nothing is buffered: were the process killed now, this would be in the file.
        assert len(lines_of(writer.path)) == 3 + number
    assert (writer.chunks, writer.size_bytes) == (3, 9)
    writer.end(0.3, "client_closed", error="gone")
    assert lines_of(writer.path)[-1] == [
        0.3,
        "end",
        {"reason": "client_closed", "error": "gone", "chunks": 3, "bytes": 9},
    ]


def test_what_is_no_unicode_does_not_stop_the_writer(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", {**HEADER, "recorder": "a\ud800b"})
    writer.end(0.0, "complete")
    assert ssetape.open(writer.path).recorder == "a?b"


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        writer = CaptureWriter.create(tmp_path / "new", "c", HEADER)
    finally:
        os.umask(before)
    writer.close()
    assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(writer.path.parent.stat().st_mode) == 0o700


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    writer = CaptureWriter.create(tmp_path / "a" / "b", "c", HEADER)
    writer.close()
    assert writer.path.parent == tmp_path / "a" / "b"
    assert re.fullmatch(r"c-[0-9a-f]{6}\.ssetape", writer.path.name)


def test_a_file_that_exists_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "c.ssetape"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        CaptureWriter(path, HEADER)
    assert path.read_bytes() == b"precious"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "c.ssetape"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        CaptureWriter(path, HEADER)
    assert not (tmp_path / "elsewhere").exists()


def test_a_taken_name_is_given_another_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings = iter(["aaaaaa", "aaaaaa", "bbbbbb"])
    monkeypatch.setattr("ssetape.format.writer.secrets.token_hex", lambda size: next(endings))
    writers = [CaptureWriter.create(tmp_path, "c", HEADER) for _ in range(2)]
    for writer in writers:
        writer.close()
    assert [writer.path.name for writer in writers] == ["c-aaaaaa.ssetape", "c-bbbbbb.ssetape"]


def test_closing_twice_is_once(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", HEADER)
    writer.close()
    writer.close()
    assert ssetape.open(writer.path).end is None


# --- when there is no room -------------------------------------------------------------------

# A file of at most 4,000 bytes: a write that passes it is done in part, the next fails. Python
# ignores SIGXFSZ, so both are errors and not the end.
NO_ROOM = """
import resource, sys
from pathlib import Path
from ssetape.format.values import Trailers
from ssetape.format.writer import CaptureWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
header = {"request": {"method": "GET", "url": "http://origin.test/"}}
writer = CaptureWriter(Path(sys.argv[1]), header)
written = failed = 0
for size in [300] * 20 + [5] * 3:
    try:
        writer.chunk(0.5, b"x" * size)
        written += 1
    except OSError as error:
        failed += 1
print(written, failed, writer.chunks, writer.size_bytes)
try:
    writer.end(1.0, "complete", error="y" * 4000)
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_leaves_whole_lines_and_says_so(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    path = tmp_path / "c.ssetape"
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    counts, reason = done.stdout.splitlines()
    written, failed, chunks, size_bytes = map(int, counts.split())
    assert reason == os.strerror(errno.ENOSPC)
    assert written + failed == 23
    assert failed >= 8
    # What was told to be written is in the file, and what failed has left nothing behind.
    capture = ssetape.open(path)
    found = list(capture.chunks())
    assert len(found) == chunks == written
    assert sum(len(data) for _, data in found) == size_bytes
    assert [data for _, data in found[-3:]] == [b"xxxxx"] * 3
    assert capture.problems == []
    assert lines_of(path)


@pytest.mark.parametrize("room", [0, 1, 10])
def test_a_line_with_room_for_a_part_only_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", HEADER)
    writer.chunk(0.1, b"good")
    before = writer.path.read_bytes()
    write = os.write
    for record in (
        lambda: writer.head(0.2, HEAD),
        lambda: writer.chunk(0.2, b"lost"),
        lambda: writer.trailers(0.2, [("a", "b")]),
    ):
        with monkeypatch.context() as full:
            full.setattr("ssetape.format.writer.os.write", lambda fd, line: write(fd, line[:room]))
            with pytest.raises(OSError, match=re.escape(os.strerror(errno.ENOSPC))) as raised:
                record()
        assert raised.value.errno == errno.ENOSPC
        assert raised.value.filename == str(writer.path)
        assert writer.path.read_bytes() == before
    writer.chunk(0.3, b"again")
    writer.end(0.4, "complete")
    assert [data for _, data in ssetape.open(writer.path).chunks()] == [b"good", b"again"]
    assert lines_of(writer.path)[-1][2] == {"reason": "complete", "chunks": 2, "bytes": 9}


def test_an_error_of_the_system_is_passed_on_and_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", HEADER)

    def fail(fd: int, line: bytes) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr("ssetape.format.writer.os.write", fail)
        with pytest.raises(OSError, match=re.escape(os.strerror(errno.EIO))):
            writer.chunk(0.1, b"lost")
    assert (writer.chunks, writer.size_bytes) == (0, 0)
    writer.end(0.2, "complete")
    assert len(lines_of(writer.path)) == 2


def test_a_file_that_cannot_even_begin_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr("ssetape.format.writer.os.write", lambda fd, line: write(fd, line[:5]))
    with pytest.raises(OSError, match=re.escape(os.strerror(errno.ENOSPC))):
        CaptureWriter(tmp_path / "c.ssetape", HEADER)
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_closed_even_if_its_end_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = CaptureWriter(tmp_path / "c.ssetape", HEADER)
    closed = []
    close = os.close
    monkeypatch.setattr("ssetape.format.writer.os.write", lambda fd, line: 0)
    monkeypatch.setattr("ssetape.format.writer.os.close", lambda fd: (closed.append(fd), close(fd)))
    with pytest.raises(OSError, match=re.escape(os.strerror(errno.ENOSPC))):
        writer.end(0.1, "complete")
    assert len(closed) == 1


def test_a_message_is_a_line_whose_code_says_direction_and_type(tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    writer = CaptureWriter(path, {**HEADER, "kind": "websocket"})
    writer.message(0.5, "\u00e9\u2028\n\0".encode(), True, True)
    writer.message(0.6, b"plain", False, False)
    writer.message(0.7, b"", False, True, {"injected": True})
    writer.message(0.8, b"\xff", True, True)
    writer.message(0.9, b"\xff", True, False, {"dropped": True})
    writer.end(1.0, "complete")
    assert lines_of(path)[1:] == [
        [0.5, ">", "\u00e9\u2028\n\0"],
        [0.6, "<b", "cGxhaW4="],
        [0.7, "<", "", {"injected": True}],
        [0.8, ">b", "/w==", {"type": "text"}],
        [0.9, ">b", "/w==", {"dropped": True}],
        [1.0, "end", {"reason": "complete", "chunks": 5, "bytes": 14}],
    ]
    read = [(m.from_client, m.is_text, m.data) for m in ssetape.open(path).messages()]
    assert read == [
        (True, True, "\u00e9\u2028\n\0".encode()),
        (False, False, b"plain"),
        (False, True, b""),
        (True, True, b"\xff"),
        (True, False, b"\xff"),
    ]
