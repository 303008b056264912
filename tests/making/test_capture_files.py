from pathlib import Path

import pytest

import ssetape
from ssetape.errors import SsetapeError
from ssetape.making import capture_files
from ssetape.making.answer import Wanted
from ssetape.making.capture_files import write_in, write_one, write_workload
from ssetape.making.distribution import parse
from ssetape.making.exchange import Recipe
from ssetape.making.rhythm import Rhythm
from ssetape.making.words import CUTTER
from ssetape.protocols.writing import names, writer_of


def recipe(protocol: str = "openai-chat") -> Recipe:
    wanted = Wanted(tokens=parse("uniform(3,30)"))
    rhythm = Rhythm(gap_s=parse("exponential(0.02)"))
    return Recipe(protocol, writer_of(protocol), wanted, rhythm, CUTTER)


@pytest.mark.parametrize("protocol", names())
def test_a_made_capture_is_one_that_is_read_and_says_so(protocol: str, tmp_path: Path) -> None:
    path, made = write_one(recipe(protocol), tmp_path / "c.ssetape")
    capture = ssetape.open(path)
    assert capture.recorder.startswith("ssetape/")
    assert capture.recorder.endswith(" make")
    assert capture.made == made.made
    assert (capture.imported, capture.tapped, capture.run) == ({}, {}, {})
    assert capture.started == "2026-01-01T00:00:00.000000Z"
    answer = capture.answer()
    assert (answer.protocol, answer.problems) == (protocol, [])
    assert answer.text
    assert capture.end
    assert capture.end.is_complete
    assert capture.problems == []


def test_the_same_recipe_makes_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_one(recipe(), tmp_path / f"{n}.ssetape").path for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_those_of_a_workload_differ(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "load"
    paths = [path for path, _ in write_workload(recipe(), folder, 12)]
    assert [path.name for path in paths] == [
        f"chat-completions-{number:05}.ssetape" for number in range(1, 13)
    ]
    assert sorted(folder.iterdir()) == paths
    captures = [ssetape.open(path) for path in paths]
    assert len({capture.text() for capture in captures}) == 12
    assert len({capture.id for capture in captures}) == 12
    again = [path for path, _ in write_workload(recipe(), tmp_path / "again", 12)]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_a_name_in_a_folder_is_unused_and_says_what_is_asked(tmp_path: Path) -> None:
    paths = {write_in(recipe(), tmp_path / "new").path for _ in range(3)}
    assert len(paths) == 3
    assert all(path.name.startswith("chat-completions-20260101-000000-") for path in paths)


def test_nothing_is_replaced_and_nothing_made_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "chat-completions-00003.ssetape").write_bytes(b"mine")
    with pytest.raises(SsetapeError, match=r"00003\.ssetape already exists: remove it"):
        list(write_workload(recipe(), tmp_path, 5))
    with pytest.raises(SsetapeError, match=r"00003\.ssetape already exists: remove it"):
        write_one(recipe(), tmp_path / "chat-completions-00003.ssetape")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


def test_a_capture_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, t_s: float, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(capture_files.HeldWriter, "chunk", full)
    with pytest.raises(OSError, match="No space left"):
        write_one(recipe(), tmp_path / "c.ssetape")
    assert list(tmp_path.iterdir()) == []
