import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from mitmproxy import command, ctx, exceptions, flow, types
from mitmproxy.addons.view import View
from mitmproxy.log import ALERT
from mitmproxy.test import tflow
from proxies import Exchange, Origin, captures, fetch, in_context, in_process, wait_until

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import flows
from ssetape.addon.windows import commands, needed
from ssetape.addon.windows.commands import SsetapeCommands

Write = Callable[..., Path]

WORD = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
NAMES = ["show", "stats", "text", "reveal", "replay", "export"]


@pytest.fixture
def view() -> Iterator[View]:
    """mitmproxy's list of flows, beside the commands."""
    view = View()
    with in_context(SsetapeCommands()):
        ctx.master.addons.add(view)
        yield view


def recorded(view: View, path: Path) -> flow.Flow:
    made = tflow.tflow(resp=True)
    made.metadata[flows.RECORDED] = {"capture": str(path)}
    view.add([made])
    return made


def execute(words: str) -> list[str]:
    """What a command gives that a person types."""
    found = ctx.master.commands.execute(words)
    assert isinstance(found, list)
    return found


def completions(manager: command.CommandManager, words: str) -> list[str]:
    """What the tab key gives after these words."""
    parsed, remaining = manager.parse_partial(words)
    kind = parsed[-1].type if parsed[-1].type is not types.Space else remaining[0].type
    completed = types.CommandTypes.get(kind).completion(manager, kind, parsed[-1].value)  # type: ignore[union-attr]
    return sorted(each for each in completed if each.startswith(parsed[-1].value.strip()))


def test_each_command_takes_flows_as_mitmproxy_s_own_do(view: View, capture_file: Write) -> None:
    path = capture_file([(0.5, WORD), (1.0, STOP)])
    recorded(view, path)
    manager = ctx.master.commands
    for name in NAMES:
        assert f"ssetape.{name}" in completions(manager, "ssetape.")
        assert {"@focus", "@marked", "@shown"} <= set(completions(manager, f"ssetape.{name} @"))
    assert execute("ssetape.text @focus") == ["hi"]
    assert execute("ssetape.stats @all")[0] == f"{path.name}  openai-chat"
    assert execute("ssetape.reveal '~u path'") == [str(path)]
    with pytest.raises(exceptions.CommandError, match="no flow is chosen"):
        execute("ssetape.text @marked")


def test_a_replay_says_where_and_ends_with_mitmproxy(capture_file: Write) -> None:
    addon = SsetapeCommands()
    with in_context(addon):
        made = tflow.tflow(resp=True)
        made.metadata[flows.RECORDED] = {"capture": str(capture_file([(0.0, WORD)]))}
        url, asked, _ = addon.replay([made])
        with urlopen(asked.removeprefix("GET ")) as answer:
            assert answer.read() == WORD
        addon.done()
        with pytest.raises(OSError, match="refused"):
            urlopen(url)


def test_an_export_is_written_beside_the_traffic(
    view: View, capture_file: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorded(view, capture_file([(0.5, WORD), (1.0, STOP)]))
    manager, file = ctx.master.commands, tmp_path / "a b.har"
    assert completions(manager, "ssetape.export @focus h") == ["har", "html"]
    (tmp_path / "a.txt").write_text("")
    assert completions(manager, f"ssetape.export @focus har {tmp_path}/a") == [f"{tmp_path}/a.txt"]
    with caplog.at_level(ALERT):
        assert manager.execute(f"ssetape.export @focus har '{file}'") is None
        wait_until(lambda: f"ssetape: written: {file}" in caplog.messages, "the end")
    assert json.loads(file.read_text())["log"]["entries"]
    # Nothing is overwritten.
    with pytest.raises(exceptions.CommandError, match="already exists: choose another name"):
        manager.execute(f"ssetape.export @focus har '{file}'")
    with pytest.raises(exceptions.CommandError, match="Invalid choice"):
        manager.execute(f"ssetape.export @focus hair '{file}'")


def test_an_export_that_fails_is_in_the_log(
    view: View, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(b"no capture")
    recorded(view, path)
    with caplog.at_level(logging.ERROR):
        ctx.master.commands.execute(f"ssetape.export @focus har {tmp_path}/a.har")
        wait_until(lambda: f"{path}, line 1: not a capture" in caplog.text, "the error")


def test_whatever_fails_is_an_error_of_the_command(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a\x1b[2J.ssetape"
    path.write_bytes(b"no capture")
    recorded(view, path)
    for name in ("show", "stats", "text", "replay"):
        with pytest.raises(exceptions.CommandError, match=r"^(nothing to replay: )?.*a\\x1b\[2J"):
            execute(f"ssetape.{name} @focus")

    def broken(name: str) -> None:
        raise ZeroDivisionError("on\npurpose")

    monkeypatch.setattr(needed, "load", broken)
    for name in ("show", "stats", "text"):
        with pytest.raises(exceptions.CommandError, match=r"on\\npurpose"):
            execute(f"ssetape.{name} @focus")


def test_without_what_ssetape_installs_commands_say_how(
    view: View, capture_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'msgspec'", name="msgspec")

    monkeypatch.setattr(needed, "import_module", missing)
    path = capture_file()
    recorded(view, path)
    for words in ("show @focus", "stats @focus", "text @focus", "replay @focus"):
        with pytest.raises(exceptions.CommandError, match=r"^needs .*'ssetape\[.*'msgspec'"):
            execute(f"ssetape.{words}")
    with pytest.raises(exceptions.CommandError, match=r"^needs .*'ssetape\[.*'msgspec'"):
        execute(f"ssetape.export @focus har {tmp_path}/x.har")
    assert execute("ssetape.reveal @focus") == [str(path)]
    assert "har" in execute("ssetape.export.formats")


def test_a_stream_that_goes_on_shows_what_there_is(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    goes_on = threading.Event()

    def stream(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(WORD)
        goes_on.wait(15)
        exchange.chunk(STOP)
        exchange.end()

    url, view, addon = origin.serve(stream), View(), SsetapeCommands()
    with in_process(confdir, view, SsetapeRecord(), addon, tape_dir=str(tmp_path)) as port:
        client = threading.Thread(target=fetch, args=(port, url))
        client.start()
        try:
            wait_until(lambda: [f for f in view if flows.RECORDED in f.metadata], "the flow")
            wait_until(lambda: b"hi" in captures(tmp_path)[0].path.read_bytes(), "its first event")
            lines = addon.stats(list(view))
            assert any(line.endswith(" still being recorded") for line in lines)
            assert addon.text(list(view))[0] == "hi"
        finally:
            goes_on.set()
            client.join(15)
    (capture,) = captures(tmp_path)
    assert capture.end is not None
    assert capture.end.is_complete


def test_the_console_says_how_wide_its_results_are() -> None:
    with in_context(SsetapeCommands()):
        assert commands._overlay_columns() is None

        class Screen:
            def get_cols_rows(self) -> tuple[int, int]:
                return 80, 24

        ctx.master.ui = Screen()
        assert commands._overlay_columns() == 62
