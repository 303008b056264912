"""`ssetape edit`."""

import stat
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

import ssetape
from ssetape.cli import main
from ssetape.replay.pacing import Pace
from ssetape.replay.verify import verify

Invoke = Callable[..., Result]
Write = Callable[..., Path]

CHUNKS = [
    (0.5, b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n'),
    (1.0, b'data: {"choices":[{"delta":{"content":"lo"}}]}\n\n'),
    (9.0, b"data: [DONE]\n\n"),
]


@pytest.fixture
def source(capture_file: Write) -> Path:
    return capture_file(CHUNKS, head_s=0.25)


def test_a_line_of_shell_edits_a_capture_that_replays(
    source: Path, tmp_path: Path, invoke: Invoke
) -> None:
    new = tmp_path / "folder" / "new.ssetape"
    result = invoke(
        *("edit", source, "-o", new, "--set", "choices[0].delta.content=Good", "--event", "1"),
        *("--drop", "event=2", "--max-gap", "1", "--speed", "2", "--header", "X-A: b"),
        *("--append", source, "--fault", "rechunk size=1000"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stderr == f"ssetape: written: {new}\n"
    made = ssetape.open(new)
    assert [event.data for event in made.events()][:2] == [
        '{"choices":[{"delta":{"content":"Good"}}]}', "[DONE]",
    ]  # fmt: skip
    assert made.text() == "GoodHello"
    assert made.edited["changes"] == [
        "drop event=2", "set choices[0].delta.content=Good at event 1", f"append {source.name}",
        "speed 2", "max-gap 1", "fault rechunk size=1000", "header X-A: b",
    ]  # fmt: skip
    assert made.response is not None
    assert made.response.headers[-1] == ("X-A", "b")
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert verify(made, Pace(instant=True)).differences == []
    shown = invoke("show", new).stdout
    assert f"edited from {source.name} (drop event=2, set choices[0]" in shown


def test_what_is_made_by_an_edit_can_be_edited(
    source: Path, tmp_path: Path, invoke: Invoke
) -> None:
    first, second = tmp_path / "1.ssetape", tmp_path / "2.ssetape"
    invoke("edit", source, "-o", first, "--until", "2")
    result = invoke("edit", first, "-o", second, "--since", "0.75", "--instant")
    assert result.exit_code == 0
    made = ssetape.open(second)
    assert made.edited["from"] == source.name
    assert made.edited["changes"] == ["until 2", "since 0.75", "instant"]
    assert [(event.t_s, event.data[-8:]) for event in made.events()] == [(0.0, '"lo"}}]}')]


def test_settings_have_one_choice_of_events_or_one_each(
    source: Path, tmp_path: Path, invoke: Invoke
) -> None:
    new = tmp_path / "new.ssetape"
    content = "choices[0].delta.content"
    for number, words, text in [
        (
            1,
            ["--set", f"{content}=A", "--event", "1", "--set", f"{content}=B", "--event", "2"],
            "AB",
        ),
        (2, ["--set", f"{content}=A"], "AA"),
        (3, ["--set", f"{content}=A", "--set", "x=1", "--event", "1-2"], "AA"),
    ]:
        result = invoke("edit", source, "-o", f"{new}{number}.ssetape", *words)
        assert result.exit_code == 0, result.stderr
        assert ssetape.open(f"{new}{number}.ssetape").text() == text
    words = ["--set", "a=1", "--event", "1", "--event", "2"]
    refused = invoke("edit", source, "-o", new, *words)
    assert refused.exit_code == 2
    assert "--event is given 2 times, --set 1 times" in refused.stderr


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ([], 2, "nothing to change"),
        (["--drop", "x"], 2, "expected event=3-5, type=NAME or comments"),
        (["--set", "x"], 2, "expected PLACE=VALUE"),
        (["--header", "x"], 2, "expected 'Name: value'"),
        (["--header", "X: a\nb"], 2, "expected 'Name: value'"),
        (["--fault", "x"], 2, "expected one of cut"),
        (["--drop", "event=7"], 1, "drop event=7: there is nothing like it in the capture"),
        (["--set", "x=1", "--event", "3"], 1, "event 3 is not JSON: '[DONE]'"),
        (["--append", "nowhere/x.ssetape"], 1, "nowhere/x.ssetape"),
        (["--speed", "2", "-o", "new.txt"], 2, "expected a name that ends in .ssetape"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_left_behind(
    words: list[str], code: int, why: str, source: Path, tmp_path: Path, invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = invoke("edit", source, "-o", "new.ssetape", *words)
    assert result.exit_code == code
    assert why in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(source: Path, tmp_path: Path, invoke: Invoke) -> None:
    copy = tmp_path / "copy.ssetape"
    copy.write_bytes(source.read_bytes())
    refused = invoke("edit", copy, "-o", copy, "--speed", "2")
    assert refused.exit_code == 1
    assert "already exists; --overwrite replaces it" in refused.stderr
    assert copy.read_bytes() == source.read_bytes()
    assert invoke("edit", copy, "-o", copy, "--speed", "2", "--overwrite").exit_code == 0
    assert [event.t_s for event in ssetape.open(copy).events()] == [0.25, 0.5, 4.5]


def test_a_folder_gets_a_capture_of_the_same_name(
    source: Path, tmp_path: Path, invoke: Invoke
) -> None:
    assert invoke("edit", source, "-o", tmp_path, "--speed", "2").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_a_capture_comes_from_stdin(source: Path, tmp_path: Path, invoke: Invoke) -> None:
    new = tmp_path / "new.ssetape"
    result = invoke("edit", "-", "-o", new, "--speed", "2", stdin=source.read_bytes())
    assert result.exit_code == 0
    assert ssetape.open(new).edited["from"] == "stdin.ssetape"


def test_damage_is_an_error_and_a_torn_line_is_told(
    capture_file: Write, tmp_path: Path, invoke: Invoke
) -> None:
    new = tmp_path / "new.ssetape"
    gzip = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    for bad in (
        capture_file(CHUNKS, end=None, tail=b"{}\n"),
        capture_file([(0.5, b"no gzip")], headers=gzip),
        capture_file(CHUNKS).read_bytes().replace(b'"status": 200', b'"status": "x"'),
    ):
        path = capture_file(bad) if isinstance(bad, bytes) else bad
        assert invoke("edit", path, "-o", new, "--until", "9").exit_code == 1
        assert not new.exists()
    torn = invoke("edit", capture_file(CHUNKS, end=None, tail=b"[2"), "-o", new, "--speed", "2")
    assert torn.exit_code == 0
    assert "is torn" in torn.stderr
    assert len(list(ssetape.open(new).events())) == 3


@pytest.mark.parametrize(("begun", "offered"), [("", 3), ("ev", 1), ("x", 0)])
def test_a_shell_offers_what_can_be_dropped(begun: str, offered: int) -> None:
    command = main.get_command(click.Context(main), "edit")
    assert command is not None
    (option,) = [each for each in command.params if each.name == "drops"]
    found = option.shell_complete(click.Context(command), begun)
    assert len(found) == offered


def test_a_capture_goes_to_stdout(source: Path, capture_file: Write, invoke: Invoke) -> None:
    result = invoke("edit", source, "-o", "-", "--speed", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    made = ssetape.open(capture_file(result.stdout_bytes))
    assert [event.t_s for event in made.events()] == [0.25, 0.5, 4.5]
    refused = invoke("edit", source, "-o", "-", "--drop", "event=9")
    assert (refused.exit_code, refused.stdout) == (1, "")
