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
CHUNKS = [delta(1.0, b"one two"), delta(1.5, b" \\u001b[31mthree\\nfour"), STOP]


def of(path: Path, *, is_live: bool = False) -> FlowCapture:
    return FlowCapture(path, path.stat().st_size, is_live)


def printed(verb: str, *paths: Path) -> list[str]:
    """What the command line prints, with the files' names alone as a window has them."""
    out = CliRunner().invoke(main, [verb, *map(str, paths)]).stdout
    return out.replace(f"{paths[0].parent}/", "").removesuffix("\n").split("\n")


def test_stats_are_those_of_the_command_line(capture_file: Write) -> None:
    path = capture_file(CHUNKS, head_s=0.5, end_s=4.0)
    assert lines("stats", [of(path)], None) == printed("stats", path)


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


def test_of_a_stream_that_goes_on_it_is_what_there_is_so_far(capture_file: Write) -> None:
    path = capture_file(CHUNKS[:1], end=None)
    assert "end of transport           -             is still being recorded" in lines(
        "stats", [of(path, is_live=True)], None
    )
    assert lines("text", [of(path, is_live=True)], None)[0] == "one two"


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
    monkeypatch.setattr(module, "LINES_LIMIT", 1)
    path = capture_file(CHUNKS)
    assert lines("text", [of(path)], None) == [
        "one two \\x1b[31mthree",
        f"... and more; in a shell: ssetape text {path}",
    ]
