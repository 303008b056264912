from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ssetape.addon.windows import lines as module
from ssetape.addon.windows.flow_captures import FlowCapture
from ssetape.addon.windows.lines import lines
from ssetape.cli import main
from ssetape.errors import SsetapeError

Write = Callable[..., Path]


def delta(t_s: float, content: bytes) -> tuple[float, bytes]:
    return (t_s, b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % content)


STOP = (
    3.0,
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)
TYPE = ("content-type", "text/event-stream")
CHUNKS = [delta(1.0, b"one two"), delta(1.5, b" \\u001b[31mthree\\nfour"), STOP]


def of(path: Path, *, is_live: bool = False) -> FlowCapture:
    return FlowCapture(path, path.stat().st_size, is_live)


def printed(verb: str, *paths: Path) -> list[str]:
    """What the command line prints, with the files' names alone as a window has them."""
    out = CliRunner().invoke(main, [verb, *map(str, paths)]).stdout
    shown = out.replace(f"{paths[0].parent}/", "").removesuffix("\n").split("\n")
    # Before click 8.2 a runner mixes stderr into it.
    return [line for line in shown if not line.startswith("ssetape: ")]


def test_events_are_those_of_the_command_line(capture_file: Write) -> None:
    path = capture_file([*CHUNKS, (3.5, b": bye \x9b\n\ndata: unfinished")], head_s=0.5, end_s=4.0)
    *shown, remark = lines("show", [of(path)], None)
    assert shown == printed("show", path)
    assert remark.startswith("ssetape: the stream ends within an event")
    assert all(line.isprintable() for line in shown)


def test_rows_of_events_fit_into_the_window(capture_file: Write) -> None:
    path = capture_file([delta(1.0, b"x" * 10_000), STOP])
    assert max(map(len, lines("show", [of(path)], 62)[2:])) == 62
    assert max(map(len, lines("show", [of(path)], None))) == module.WIDEST_COLUMNS


def test_no_more_is_shown_than_a_window_has_time_for(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = capture_file([delta(n, b"x" * 1000) for n in range(6)], end="upstream_cut")
    whole = lines("show", [of(path)], None)
    more = f"... and more; in a shell: ssetape show {path}"
    monkeypatch.setattr(module, "EVENTS_LIMIT", 3)
    assert lines("show", [of(path)], None) == [*whole[:5], more, whole[-1]]
    monkeypatch.setattr(module, "EVENTS_LIMIT", 100)
    # A body without events would be read to its end.
    monkeypatch.setattr(module, "READ_LIMIT_BYTES", 1500)
    assert lines("show", [of(path)], None) == [*whole[:4], more, whole[-1]]


def test_several_stats_are_the_tables_of_the_command_line(capture_file: Write) -> None:
    paths = [capture_file(CHUNKS), capture_file(CHUNKS[:1])]
    found = lines("stats", list(map(of, paths)), None)
    assert [line.split() for line in found] == [line.split() for line in printed("stats", *paths)]
    # The console has no room for all columns.
    assert lines("stats", list(map(of, paths)), 62)[0].split()[-1] == "file"
    assert max(map(len, lines("stats", list(map(of, paths)), 62))) <= 62


def test_stats_are_those_of_the_command_line(capture_file: Write) -> None:
    path = capture_file(CHUNKS, head_s=0.5, end_s=4.0)
    assert lines("stats", [of(path)], None) == printed("stats", path)
    narrow = lines("stats", [of(path)], 62)
    assert {len(line) for line in narrow if line.startswith("stall")} == {62}
    assert max(len(line) for line in narrow if line.startswith(" ")) == 62


def test_a_text_is_that_of_the_command_line_and_no_terminal_obeys_it(capture_file: Write) -> None:
    path = capture_file(CHUNKS)
    expected = printed("text", path)
    assert expected == ["one two \x1b[31mthree", "four"]
    assert lines("text", [of(path)], None) == ["one two \\x1b[31mthree", "four"]


def test_the_console_breaks_a_text_between_words(capture_file: Write) -> None:
    path = capture_file([delta(1.0, b"one two three\\n\\n  four"), STOP])
    assert lines("text", [of(path)], 9) == ["one two", "three", "", "  four"]


def test_each_of_several_texts_has_its_name_above_it(capture_file: Write) -> None:
    one, other = capture_file(CHUNKS[:1]), capture_file(CHUNKS)
    assert lines("text", [of(one), of(other)], None) == [
        f"==> {one.name} <==",
        "one two",
        "ssetape: nothing marks the end of this answer: it may be incomplete",
        "",
        f"==> {other.name} <==",
        "one two \\x1b[31mthree",
        "four",
    ]


def test_of_several_the_others_are_shown_whatever_one_is(capture_file: Write) -> None:
    good, odd = capture_file(CHUNKS), capture_file([(1.0, b"event: x\ndata: 1\n\n")])
    bad = capture_file(b"no capture")
    shown = lines("text", [of(bad), of(odd), of(good)], None)
    assert [line[:30] for line in shown if line.startswith("ssetape: ")] == [
        f"ssetape: {bad.name}, line 1"[:30],
        f"ssetape: {odd.name}: its protocol"[:30],
    ]
    assert shown[-1] == "four"
    with pytest.raises(SsetapeError, match="not a capture"):
        lines("show", [of(bad)], None)


def test_events_before_any_damage_are_shown(capture_file: Write) -> None:
    path = capture_file([(1.0, b"no gzip at all")], headers=[("content-encoding", "gzip"), TYPE])
    shown = lines("show", [of(path)], None)
    assert shown[-2].endswith("complete")
    assert shown[-1].startswith("ssetape: the body is not gzip from byte 0 on")


def test_of_a_stream_that_goes_on_it_is_what_there_is_so_far(capture_file: Write) -> None:
    path = capture_file(CHUNKS[:1], end=None)
    assert "end of transport           -             still being recorded" in lines(
        "stats", [of(path, is_live=True)], None
    )
    assert lines("text", [of(path, is_live=True)], None)[0] == "one two"
    assert lines("show", [of(path, is_live=True)], None)[-1].strip() == "still being recorded"


@pytest.mark.parametrize("verb", ["stats", "text"])
def test_what_would_hold_the_traffic_is_left_to_a_shell(
    capture_file: Write, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = capture_file(CHUNKS)
    monkeypatch.setattr(module, "READ_LIMIT_BYTES", path.stat().st_size)
    lines(verb, [of(path)], None)
    with pytest.raises(SsetapeError, match=rf"MB would hold .*: ssetape {verb} {path.parent}$"):
        lines(verb, [of(path), of(path)], None)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SsetapeError, match=rf"in a shell: ssetape {verb} {path}$"):
        lines(verb, [of(path)], None)


def test_a_result_has_an_end(capture_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = capture_file(CHUNKS)
    monkeypatch.setattr(module, "LINES_LIMIT", 1)
    assert lines("text", [of(path)], None) == [
        "one two \\x1b[31mthree",
        f"... and more; in a shell: ssetape text {path}",
    ]
