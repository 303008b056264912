from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.testing import capture_files

Raw = Callable[..., bytes]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("test_plain", "test_plain"),
        ("test_a[gpt-4o]", "test_a-gpt-4o"),
        ("test_Upper", "test_Upper"),
        ("test_a[1.5-x_y]", "test_a-1.5-x_y"),
    ],
)
def test_the_name_of_most_tests_is_a_file_s(name: str, safe: str) -> None:
    assert capture_files.safe_name(name) == safe


def test_names_that_differ_stay_different() -> None:
    names = ["test_a[a/b]", "test_a[a b]", "test_a[A]", "test_a[a]", "test_a[../x]", "test_a[é]"]
    names += ["test_a[\x00]", f"test_a[{'x' * 300}]", f"test_a[{'x' * 301}]", "test_a[]", "test_a"]
    safe = [capture_files.safe_name(name) for name in names]
    assert len({name.lower() for name in safe}) == len(names)
    for name in safe:
        assert "/" not in name
        assert name.isascii()
        assert len(name) < 120


def test_what_is_at_a_place_is_a_folder_or_a_file(tmp_path: Path, raw_capture: Raw) -> None:
    assert capture_files.found(tmp_path / "a") == []
    (tmp_path / "a.ssetape").write_bytes(raw_capture())
    assert capture_files.found(tmp_path / "a") == [tmp_path / "a.ssetape"]
    assert capture_files.found(tmp_path / "a.ssetape") == [tmp_path / "a.ssetape"]
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert capture_files.found(tmp_path / "a") == []
    (deep / "c.ssetape").write_bytes(raw_capture())
    assert capture_files.found(tmp_path / "a") == [deep / "c.ssetape"]


def recorded(folder: Path, raw_capture: Raw, *paths: str) -> Path:
    folder.mkdir()
    for number, path in enumerate(paths):
        capture = raw_capture(
            url=f"http://origin.test{path}", started=f"2026-01-01T00:00:0{number}.000000Z"
        )
        (folder / f"{9 - number}.ssetape").write_bytes(capture)
    return folder


def test_what_is_kept_is_named_for_what_was_asked_and_takes_the_place_of_the_old(
    tmp_path: Path, raw_capture: Raw
) -> None:
    place = tmp_path / "captures" / "test"
    first = recorded(tmp_path / "one", raw_capture, "/v1/chat?key=x", "/v1/models", "/v1/chat")
    kept = capture_files.keep(first, place, adds=False)
    names = ["chat-01.ssetape", "models-02.ssetape", "chat-03.ssetape"]
    assert [path.name for path in kept] == names
    (place / "notes.txt").write_text("mine")
    again = recorded(tmp_path / "two", raw_capture, "/v1/chat")
    capture_files.keep(again, place, adds=False)
    assert sorted(path.name for path in place.iterdir()) == [names[0], "notes.txt"]


def test_what_is_added_leaves_what_is_there(tmp_path: Path, raw_capture: Raw) -> None:
    place = tmp_path / "test"
    capture_files.keep(recorded(tmp_path / "one", raw_capture, "/chat", "/sse"), place, adds=False)
    capture_files.keep(recorded(tmp_path / "two", raw_capture, "/"), place, adds=True)
    names = sorted(path.name for path in place.iterdir())
    assert names == ["chat-01.ssetape", "exchange-03.ssetape", "sse-02.ssetape"]


def test_what_is_deeper_is_not_replaced(tmp_path: Path, raw_capture: Raw) -> None:
    place = tmp_path / "captures"
    capture_files.keep(
        recorded(tmp_path / "one", raw_capture, "/chat"), place / "deeper", adds=False
    )
    capture_files.keep(recorded(tmp_path / "two", raw_capture, "/b"), place, adds=False)
    capture_files.keep(recorded(tmp_path / "three", raw_capture, "/sse"), place, adds=False)
    names = sorted(path.name for path in place.rglob("*.ssetape"))
    assert names == ["chat-01.ssetape", "sse-01.ssetape"]


def test_a_file_holds_one_exchange(tmp_path: Path, raw_capture: Raw) -> None:
    place = tmp_path / "answer.ssetape"
    one = recorded(tmp_path / "one", raw_capture, "/a")
    assert capture_files.keep(one, place, adds=False) == [place]
    two = recorded(tmp_path / "two", raw_capture, "/a", "/b")
    with pytest.raises(ValueError, match=r"answer.ssetape .* expected one exchange, found 2"):
        capture_files.keep(two, place, adds=False)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["answer.ssetape"]


def test_a_file_beside_the_place_gives_way_to_a_folder(tmp_path: Path, raw_capture: Raw) -> None:
    (tmp_path / "test.ssetape").write_bytes(raw_capture())
    capture_files.keep(
        recorded(tmp_path / "one", raw_capture, "/sse"), tmp_path / "test", adds=False
    )
    assert capture_files.found(tmp_path / "test") == [tmp_path / "test" / "sse-01.ssetape"]
    assert not (tmp_path / "test.ssetape").exists()
