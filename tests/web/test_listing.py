import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.web import listing as module
from ssetape.web.listing import Listing, Row, key_of

Raw = Callable[..., bytes]
CHAT = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


def rows_of(listing: Listing, revision: int = 0) -> dict[str, Row]:
    return {row.get("name", row["key"]): row for row in listing.since(revision)}


def measured(listing: Listing) -> None:
    while listing.measure_next():
        pass


def test_a_row_says_what_a_capture_is(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1.0, CHAT), (3.0, b"data: x\n\n")], url="http://b.test/v1?q=1"))
    listing = Listing([tmp_path])
    listing.look()
    row = rows_of(listing)["a.ssetape"]
    assert (row["host"], row["path"], row["status"]) == ("b.test", "/v1", 200)
    assert (row["end"], row["durationS"], row["goesOn"]) == ("complete", 3.0, False)
    assert "text" not in row
    measured(listing)
    row = rows_of(listing)["a.ssetape"]
    assert (row["protocol"], row["model"], row["text"]) == ("openai-chat", "m", "Hi")
    assert (row["events"], row["rhythm"][-1]) == (2, 2.0)
    assert listing.path_of(key_of(path)) == path


def test_only_what_has_changed_is_told(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1.0, CHAT)], end=None))
    listing = Listing([tmp_path])
    listing.look()
    measured(listing)
    assert rows_of(listing)["a.ssetape"]["goesOn"]
    before = listing.revision
    listing.look()
    measured(listing)
    assert listing.since(before) == []
    path.write_bytes(raw_capture([(1.0, CHAT), (2.0, CHAT)]))
    (tmp_path / "b.ssetape").write_bytes(raw_capture([]))
    listing.look()
    changed = rows_of(listing, before)
    assert set(changed) == {"a.ssetape", "b.ssetape"}
    assert changed["a.ssetape"]["text"] == "Hi", "what was measured stays until it is again"
    measured(listing)
    assert rows_of(listing)["a.ssetape"]["text"] == "HiHi"


def test_what_is_gone_is_told_and_may_come_back(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([]))
    listing = Listing([tmp_path])
    listing.look()
    path.rename(tmp_path / "kept")
    before = listing.revision
    listing.look()
    assert [row["gone"] for row in listing.since(before)] == [True]
    assert listing.path_of(key_of(path)) is None
    listing.look()
    assert len(listing.since(before)) == 1
    (tmp_path / "kept").rename(path)
    listing.look()
    assert listing.path_of(key_of(path)) == path
    assert "gone" not in rows_of(listing)["a.ssetape"]


def test_a_file_that_is_no_capture_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.ssetape").write_text("nonsense\n")
    (tmp_path / "b.ssetape").write_text("")
    listing = Listing([tmp_path, tmp_path / "nowhere"])
    listing.look()
    measured(listing)
    assert "a.ssetape" in rows_of(listing)["a.ssetape"]["problem"]
    assert rows_of(listing)["b.ssetape"]["problem"]


def test_a_long_silence_without_an_end_is_an_interruption(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1.0, CHAT)], end=None))
    os.utime(path, (time.time() - 3600,) * 2)
    listing = Listing([path])
    listing.look()
    row = rows_of(listing)["a.ssetape"]
    assert (row["end"], row["goesOn"]) == ("interrupted", False)


def test_a_recording_that_falls_silent_becomes_one(
    raw_capture: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1.0, CHAT)], end=None))
    listing = Listing([path])
    listing.look()
    assert rows_of(listing)["a.ssetape"]["goesOn"]
    monkeypatch.setattr(module, "_QUIET_S", -1.0)
    listing.look()
    row = rows_of(listing)["a.ssetape"]
    assert (row["end"], row["goesOn"]) == ("interrupted", False)
    before = listing.revision
    listing.look()
    assert listing.since(before) == []


def test_what_grows_is_not_measured_all_the_time(
    raw_capture: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MEASURED_SHARE", 1e-9)
    path = tmp_path / "a.ssetape"
    listing = Listing([path])
    events: list[int] = []
    for count, end in ((1, None), (2, None), (3, "complete")):
        path.write_bytes(raw_capture([(1.0, CHAT)] * count, end=end))
        listing.look()
        measured(listing)
        events.append(rows_of(listing)["a.ssetape"]["events"])
    assert events == [1, 1, 3], "what has ended is measured at once"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_no_file_has_a_row_that_says_so(raw_capture: Raw, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ssetape")
    (tmp_path / "folder.ssetape").mkdir()
    (tmp_path / "endless.ssetape").symlink_to("/dev/zero")
    (tmp_path / "loop.ssetape").symlink_to("loop.ssetape")
    (tmp_path / "nothing.ssetape").symlink_to("nowhere")
    (tmp_path / "a.ssetape").write_bytes(raw_capture([]))
    listing = Listing([tmp_path])
    listing.look()
    measured(listing)
    rows = rows_of(listing)
    assert rows.pop("a.ssetape")["problem"] is None
    assert "pipe or a device" in rows["pipe.ssetape"]["problem"]
    assert "pipe or a device" in rows["endless.ssetape"]["problem"]
    assert set(rows) == {f"{n}.ssetape" for n in ("pipe", "folder", "endless", "loop", "nothing")}
    assert all("cannot open it" in rows[f"{n}.ssetape"]["problem"] for n in ("loop", "nothing"))


def test_very_large_captures_are_measured_by_nobody(
    raw_capture: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MEASURED_LIMIT_BYTES", 10)
    (tmp_path / "a.ssetape").write_bytes(raw_capture([(1.0, CHAT)]))
    listing = Listing([tmp_path])
    listing.look()
    measured(listing)
    assert "events" not in rows_of(listing)["a.ssetape"]


def test_rows_come_by_so_many(raw_capture: Raw, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.ssetape").write_bytes(raw_capture([]))
    listing = Listing([tmp_path])
    listing.look()
    first = listing.since(0, limit=3)
    assert len(first) == 3
    assert len(listing.since(first[-1]["revision"], limit=3)) == 2


def test_a_bug_with_one_capture_is_a_problem_of_its_row(
    raw_capture: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, problems: object) -> None:
        raise KeyError("a")

    (tmp_path / "a.ssetape").write_bytes(raw_capture([(1.0, CHAT)]))
    monkeypatch.setattr(module.PageReading, "measured", fail)
    listing = Listing([tmp_path])
    listing.look()
    measured(listing)
    assert rows_of(listing)["a.ssetape"]["problem"] == "it cannot be measured: KeyError('a')"
