import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mitmproxy import http

from ssetape.addon import flows
from ssetape.addon.windows import reading
from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.reading import NotRecorded
from ssetape.addon.windows.shelf import Shelf
from ssetape.addon.windows.stream_text import StreamTexts, has_body
from ssetape.cli.show import command as show

Stream = Callable[..., http.HTTPFlow]
Keep = Callable[..., Kept]

CHUNKS = [(0.5, b": hi\n\nid: 7\nretry: 5\ndata: a\x1b[2J\n\n"), (1.0, b"data: b"), (1.5, b"\n\n")]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> StreamTexts:
    monkeypatch.setattr(reading, "_LOOK_S", 3600)
    return StreamTexts(lambda: 100)


def recorded(
    stream: Stream, keep: Keep, chunks: list[tuple[float, bytes]], **headers: str
) -> http.HTTPFlow:
    flow = stream(**headers)
    found = keep(flow, Shelf(1 << 30))
    for t_s, data in chunks:
        found.came(t_s, data)
    found.ended(2.0, "complete", {})
    return flow


def test_a_text_has_what_show_prints(
    stream: Stream, keep: Keep, capture_file: Callable[..., Path], texts: StreamTexts
) -> None:
    flow = recorded(stream, keep, CHUNKS)
    path = capture_file(
        CHUNKS,
        url="http://a.test/events",
        head_s=0.25,
        end_s=2.0,
        headers=[("content-type", "text/event-stream")],
    )
    printed = CliRunner().invoke(show, [str(path)]).stdout.splitlines()
    shown = texts.events(flow).splitlines()
    assert [_without_bars(line) for line in shown] == [line.split() for line in printed]
    chunks = CliRunner().invoke(show, ["--chunks", str(path)]).stdout
    assert texts.chunks(flow) == chunks.rstrip("\n")
    assert "\x1b" not in texts.events(flow) + texts.chunks(flow)


def _without_bars(line: str) -> list[str]:
    return "".join(" " if char in " ▏▎▍▌▋▊▉█" else char for char in line).split()


def test_while_it_runs_all_that_came_is_shown(
    stream: Stream, keep: Keep, texts: StreamTexts
) -> None:
    flow = stream()
    found = keep(flow)
    assert texts.events(flow).endswith("going on")
    for number in range(20):
        found.came(number / 10, b"data: %d\n\n" % number)
        lines = texts.events(flow).splitlines()
        assert lines[-2].endswith(f" {number}")
        assert len(lines) == number + 4
        assert texts.chunks(flow).splitlines()[-2].endswith(f"data: {number}\\n\\n")
    found.ended(3.0, "upstream_cut", {"error": "gone"})
    assert texts.events(flow).splitlines()[-1].endswith("upstream_cut: gone")


def test_a_coded_body_is_read_as_it_grows(stream: Stream, keep: Keep, texts: StreamTexts) -> None:
    packer = zlib.compressobj(wbits=31)
    flow = stream(content_encoding="gzip")
    found = keep(flow)
    for number in range(5):
        data = packer.compress(b"data: %d\n\n" % number) + packer.flush(zlib.Z_SYNC_FLUSH)
        found.came(number / 10, data)
        assert texts.events(flow).splitlines()[-2].endswith(f"message     {number}")


def test_what_is_not_kept_is_shown_from_the_file(
    stream: Stream, keep: Keep, capture_file: Callable[..., Path], texts: StreamTexts
) -> None:
    chunks = [(number / 10, b"data: %d\n\n" % number) for number in range(5000)]
    path = capture_file(chunks)
    flow = stream()
    flow.metadata[flows.RECORDED]["capture"] = str(path)
    found = keep(flow, Shelf(8 * 20_000))
    for t_s, data in chunks:
        found.came(t_s, data)
    live = texts.events(flow).splitlines()
    found.ended(501.0, "complete", {})
    for lines in (live, texts.events(flow).splitlines(), texts.chunks(flow).splitlines()):
        assert any(line.endswith(f"... more between this and the end: ssetape show {path}")
                   for line in lines)  # fmt: skip
        assert " 0.000 " in lines[2]
        assert "4999" in lines[-2]
        assert len(lines) < 512
    path.unlink()
    assert texts.events(flow).splitlines()[-2].endswith(str(path))


def test_what_takes_too_long_is_shown_from_its_end(
    stream: Stream, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [(number / 10, b"data: %d\n\n" % number) for number in range(5000)]
    flow = recorded(stream, keep, chunks)
    monkeypatch.setattr(reading, "_LOOK_S", -1.0)
    lines = StreamTexts(lambda: 100).events(flow).splitlines()
    assert len(lines) < 512
    assert any("more between this and the end" in line for line in lines)


def test_another_body_than_the_recorded_one_is_not_ours(
    stream: Stream, keep: Keep, texts: StreamTexts
) -> None:
    flow = recorded(stream, keep, CHUNKS)
    assert has_body(flow)
    assert flow.response is not None
    flow.response.content = b"edited"
    with pytest.raises(NotRecorded, match="has not recorded"):
        texts.events(flow)
    plain = stream()
    assert not has_body(flow)
    assert not has_body(plain)
    with pytest.raises(NotRecorded, match="has not recorded"):
        texts.chunks(plain)


def test_a_flow_from_a_file_has_its_times(stream: Stream, keep: Keep, texts: StreamTexts) -> None:
    flow = recorded(stream, keep, CHUNKS)
    state: Any = flow.get_state()
    loaded = http.HTTPFlow.from_state(state)
    loaded.id = "another"
    assert texts.events(loaded) == texts.events(flow)
    loaded.metadata[flows.RECORDED] |= {"altered": True, "faults": ["slow factor=2.0"]}
    last = texts.events(loaded).split("\n")[-1]
    assert last == "the client got other bytes, with the faults slow factor=2.0"
    del loaded.metadata[flows.RECORDED]["end"]
    assert texts.events(loaded).endswith("went on when it was copied")
    assert "clients never see" not in texts.events(loaded)
