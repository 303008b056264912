import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from ssetape.cli.running import sources
from ssetape.cli.running.sources import Source, files_in, opened, unpacked
from ssetape.errors import SourceError


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same in every process: it names a test


def plain(data: bytes, name: str = "x") -> list[Source]:
    return list(unpacked(Source(name, data, lambda _: None)))


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            place = name.replace("__", "/").replace("_dot_", ".")
            archive.writestr(zipfile.ZipInfo(place), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        gzipped(b"data: \xc3\xa9\n"),
        gzipped(b"data: ") + gzipped(b"\xc3\xa9\n"),
        zlib.compress(b"data: \xc3\xa9\n"),
        "\ufeffdata: é\n".encode("utf-16-le"),
        "\ufeffdata: é\n".encode("utf-16-be"),
        "\ufeffdata: é\n".encode("utf-32-le"),
        gzipped("data: é\n".encode("utf-16")),
    ],
)
def test_what_is_packed_is_plain_and_that_is_said(data: bytes) -> None:
    (source,) = plain(data, "a.har.gz")
    assert source.data == b"data: \xc3\xa9\n"
    assert source.notes


def test_what_is_plain_stays_as_it_is() -> None:
    for data in (b"", b"data: x", b"\xff", b"\x1f\x8b", b"PK", b"x\x9c", b"x\x01 data"):
        (source,) = plain(data)
        assert (source.data, source.notes) == (data, ())


def test_a_suffix_of_packing_is_no_part_of_the_name() -> None:
    (source,) = plain(gzipped(b"x"), "a.har.gz")
    assert source.name == "a.har"


def test_an_archive_with_a_log_has_the_other_files_beside_it() -> None:
    (source,) = plain(zipped(in__har_dot_har=b"{}", in__a_dot_txt=b"body", other=b"no"))
    assert (source.name, source.data) == ("in/har.har", b"{}")
    assert source.beside("a.txt") == b"body"
    for name in ("../other", "/other", "other", "in/a.txt", "../../etc/passwd"):
        assert source.beside(name) is None


def test_an_archive_without_one_has_all_its_files() -> None:
    found = plain(zipped(a=b"1", b=gzipped(b"2"), __MACOSX__a=b"3"))
    assert [(source.data, source.is_member) for source in found][:2] == [(b"1", True), (b"2", True)]


@pytest.mark.parametrize(
    "data",
    [
        gzipped(b"x" * 2000),
        zlib.compress(b"x" * 2000),
        zipped(a=b"x" * 2000),
        zipped(a=b"x" * 600, b=b"x" * 600),
        zipped(a=gzipped(b"x" * 600), b=gzipped(b"x" * 600)),
        zipped(a=zipped(c=b"x" * 600), b=zipped(c=b"x" * 600)),
    ],
)
def test_what_unfolds_to_too_much_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "UNFOLDED_LIMIT_BYTES", 1000)
    with pytest.raises(SourceError, match="unfolds to more than"):
        plain(data)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MEMBERS_LIMIT", 1)
    with pytest.raises(SourceError, match="2 files"):
        plain(zipped(a=b"", b=b""))


def test_what_is_damaged_is_said() -> None:
    archive = zipped(a=b"x" * 500)
    bad = archive.replace(b"PK\x01\x02", b"PK\x01\x03")
    for data in (gzipped(b"x" * 500)[:-12], archive[:40], bad, b"PK\x03\x04"):
        with pytest.raises(SourceError, match="damaged"):
            plain(data)


def test_a_file_has_those_of_its_folder_beside_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    source = opened(str(tmp_path / "in/a"))
    assert (source.name, source.data, source.beside("a")) == ("a", b"1", b"1")
    beside = files_in(tmp_path / "in")
    for name in ("../b", str(tmp_path / "b"), "gone", "", ".", "a\0"):
        assert beside(name) is None


def test_a_file_beside_it_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "UNFOLDED_LIMIT_BYTES", 3)
    (tmp_path / "a").write_bytes(b"1234")
    assert files_in(tmp_path)("a") is None
