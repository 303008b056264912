import os
from pathlib import Path

import pytest

from ssetape import library
from ssetape.errors import CaptureError

HEADER = b'{"ssetape": 1, "request": {"method": "GET", "url": "http://origin.test/"}}\n'


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(HEADER)
    return root


def test_captures_are_found_at_any_depth_by_name(tmp_path: Path) -> None:
    folder_of(tmp_path, "b.ssetape", "a.ssetape", "c/d/e.ssetape", "c/f.txt", "ssetape")
    found = [path.relative_to(tmp_path).as_posix() for path in library.find([tmp_path])]
    assert found == ["a.ssetape", "b.ssetape", "c/d/e.ssetape"]


def test_a_file_is_found_whatever_it_is_called(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.txt", "b.ssetape")
    names = [str(tmp_path / "b.ssetape"), tmp_path / "a.txt"]
    assert [path.name for path in library.find(names)] == ["b.ssetape", "a.txt"]


def test_a_folder_without_captures_gives_none(tmp_path: Path) -> None:
    assert list(library.find([tmp_path])) == []
    assert list(library.find([])) == []


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as raised:
        list(library.find([tmp_path / "none"]))
    assert str(raised.value) == f"{tmp_path / 'none'}: there is no such file or folder"
    assert raised.value.line is None


def test_what_was_found_before_is_given_before_it_is_told(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape")
    found = library.find([tmp_path, tmp_path / "none"])
    assert next(found).name == "a.ssetape"
    with pytest.raises(CaptureError):
        next(found)


def test_files_that_cannot_be_read_are_told_and_passed_over(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape", "c.ssetape")
    (tmp_path / "b.ssetape").write_bytes(b"garbage\n")
    (tmp_path / "folder.ssetape").mkdir()
    problems: list[str] = []
    captures = list(library.open_all([tmp_path], problems))
    assert [capture.path.name for capture in captures] == ["a.ssetape", "c.ssetape"]
    assert len(problems) == 2
    assert problems[0].startswith(f"{tmp_path / 'b.ssetape'}, line 1: not a capture")
    assert "folder.ssetape: cannot open it" in problems[1]


def test_captures_are_opened_one_at_a_time(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape", "b.ssetape")
    captures = library.open_all([tmp_path], [])
    assert next(captures).path.name == "a.ssetape"
    (tmp_path / "b.ssetape").write_bytes(b"")
    assert list(captures) == []


def test_a_file_that_is_named_in_two_ways_is_given_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, "a.ssetape", "c/b.ssetape")
    (tmp_path / "b.ssetape").symlink_to("a.ssetape")
    (tmp_path / "linked").symlink_to("c")
    monkeypatch.chdir(tmp_path)
    paths = [".", tmp_path, "linked", "c/../c/b.ssetape", tmp_path / "a.ssetape", "b.ssetape"]
    found = [str(path) for path in library.find(paths)]
    assert found == ["a.ssetape", "c/b.ssetape"]
    assert [str(path) for path in library.find(["linked", "c"])] == ["linked/b.ssetape"]


def test_names_are_in_the_order_of_their_parts(tmp_path: Path) -> None:
    names = ["a/b.ssetape", "a.ssetape", "a-b/c.ssetape", "B.ssetape", "a/b/c.ssetape"]
    folder_of(tmp_path, *names)
    found = [path.relative_to(tmp_path).as_posix() for path in library.find([tmp_path])]
    assert found == [path.as_posix() for path in sorted(map(Path, names))]


def test_names_that_say_when_are_in_the_order_of_time_whatever_they_begin_with(
    tmp_path: Path,
) -> None:
    names = [
        "20261128-120000-a.test-chat-46e9f3.ssetape",  # as captures were once named
        "sse-20261128-120001-0f3c55.ssetape",
        "chat-20261129-120000-46e9f3.ssetape",
        "sse-20261129-120000-0f3c55.ssetape",
        "a-capture.ssetape",
    ]
    folder_of(tmp_path, *reversed(names))
    assert [path.name for path in library.find([tmp_path])] == names


def test_ends_are_read_with_the_rest_if_asked_for(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape")
    (opened,) = library.open_all([tmp_path], [], with_ends=True)
    (tmp_path / "a.ssetape").unlink()
    assert (opened.response, opened.end) == (None, None)


def test_the_newest_are_those_that_changed_last(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape", "b/c.ssetape", "d.ssetape")
    for name, changed_s in (("a", 30), ("b/c", 10), ("d", 20)):
        os.utime(tmp_path / f"{name}.ssetape", (changed_s, changed_s))
    (tmp_path / "dangling.ssetape").symlink_to("nowhere")
    found = [path.name for path in library.newest_first(tmp_path)]
    assert found == ["dangling.ssetape", "a.ssetape", "d.ssetape", "c.ssetape"]


def test_of_those_that_changed_at_once_the_last_recorded_is_the_newest(tmp_path: Path) -> None:
    names = [f"{kind}-20261129-12000{n}-a.test.ssetape" for n, kind in enumerate("bca")]
    folder_of(tmp_path, *names)
    for name in names:
        os.utime(tmp_path / name, (1, 1))
    assert [path.name for path in library.newest_first(tmp_path)] == names[::-1]


def test_the_newest_is_given_once_and_what_is_no_capture_is_told(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.ssetape", "b.ssetape")
    (tmp_path / "link.ssetape").symlink_to("a.ssetape")
    (tmp_path / "c.ssetape").write_bytes(b"garbage\n")
    problems: list[str] = []
    found = [capture.path.resolve().name for capture in library.open_newest(tmp_path, problems)]
    assert sorted(found) == ["a.ssetape", "b.ssetape"]
    assert len(problems) == 1
    assert list(library.newest_first(tmp_path / "none")) == []


@pytest.mark.parametrize(
    ("name", "place"),
    [("@", 1), ("@1", 1), ("@12", 12), ("@0", None), ("@x", None), ("a@1", None), ("", None)],
)
def test_an_at_sign_and_a_number_are_a_place(name: str, place: int | None) -> None:
    assert library.place_of(name) == place


def test_a_part_of_a_name_names_the_only_capture_that_has_it(tmp_path: Path) -> None:
    folder_of(
        tmp_path, "one-chat.ssetape", "two-chat.ssetape", *(f"x{n}.ssetape" for n in range(5))
    )
    assert library.named("one", tmp_path).name == "one-chat.ssetape"
    several = "several captures in .* are named so: one-chat.ssetape, two-chat.ssetape$"
    with pytest.raises(CaptureError, match=several):
        library.named("chat", tmp_path)
    with pytest.raises(CaptureError, match="and 2 more"):
        library.named("x", tmp_path)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CaptureError, match=r"three: there is no such file .* nor a capture in"):
            library.named("three", folder)
