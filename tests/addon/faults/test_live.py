import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import ctx, exceptions
from mitmproxy.test import tflow, tutils
from proxies import Client, Cut, Exchange, Mitmdump, Origin, ended_capture, fetch, in_context

from ssetape.addon import changed_stream, peek, units
from ssetape.addon.faults import layer_change, live

CHUNKS = [b"data: %d\n\n" % number for number in range(3)]


def stream(exchange: Exchange) -> None:
    exchange.head()
    for data in CHUNKS:
        exchange.chunk(data)
    exchange.end()


def unlabelled(exchange: Exchange) -> None:
    exchange.head("X-Y: z")
    for data in CHUNKS:
        exchange.chunk(data)
    exchange.end()


@pytest.fixture
def addon() -> Iterator[live.SsetapeFaults]:
    made = live.SsetapeFaults()
    with in_context(made):
        yield made


def configure(**options: Any) -> None:
    ctx.options.update(**options)


def test_what_is_wrong_is_refused_at_the_start(addon: live.SsetapeFaults) -> None:
    for options, words in [
        ({"tape_fault": ["cut"]}, "tape_fault: fault 'cut': expected one of event, byte, at_s"),
        ({"tape_fault": ["cutt event=1"]}, "did you mean"),
        ({"tape_fault_filter": "~~"}, "tape_fault_filter '~~'"),
    ]:
        with pytest.raises(exceptions.OptionsError) as raised:
            configure(**options)
        assert words in str(raised.value).replace("Did", "did")


def test_without_what_it_needs_it_says_how_to_install(
    addon: live.SsetapeFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="orjson")

    monkeypatch.setattr(live, "import_module", missing)
    with pytest.raises(exceptions.OptionsError, match=r"'orjson'.*pip install 'ssetape"):
        configure(tape_fault=["stall"])


def test_a_mitmproxy_that_is_not_known_records_without_faults(
    addon: live.SsetapeFaults, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(layer_change, "install", lambda: False)
    caplog.set_level(logging.INFO)
    configure(tape_fault=["refuse status=429"])
    assert "not known here" in caplog.text
    flow = tflow.tflow()
    addon.request(flow)
    assert flow.response is None


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_stream_without_a_label_is_named_in_the_log(
    addon: live.SsetapeFaults, caplog: pytest.LogCaptureFixture, is_changed: bool
) -> None:
    caplog.set_level(logging.INFO)
    configure(tape_fault=["drop event=1"])
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    stream: Any = peek.Peek(flow.response, [], lambda: None, 0)
    if is_changed:  # by modify_body
        stream = changed_stream.ChangedStream(flow, stream, units.Units(), {}, lambda *_: None)
    flow.response.stream = stream
    addon.responseheaders(flow)
    assert "gets no faults: its head does not say that it is a stream" in caplog.text


def test_a_refusal_spares_preflights_and_what_the_filter_leaves_out(
    addon: live.SsetapeFaults,
) -> None:
    configure(tape_fault=["refuse status=429"], tape_fault_filter="~d address")
    flow = tflow.tflow()
    addon.request(flow)
    assert flow.response.status_code == 429
    other = tflow.tflow(req=tutils.treq(host="elsewhere"))
    addon.request(other)
    assert other.response is None
    preflight = tflow.tflow(req=tutils.treq(method=b"OPTIONS"))
    preflight.request.headers["access-control-request-method"] = "POST"
    addon.request(preflight)
    assert preflight.response is None
    streamed = tflow.tflow()
    streamed.request.stream = True
    addon.request(streamed)
    assert streamed.response is None


def test_only_what_the_filter_matches_gets_faults(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    hit, missed = origin.serve(stream, "hit"), origin.serve(stream, "missed")
    hidden = origin.serve(unlabelled, "hit")
    options = ["tape_fault=cut event=1", "tape_fault=duplicate event=1", "tape_fault_filter=~u hit"]
    with Mitmdump(confdir, tmp_path, *options) as proxy:
        assert fetch(proxy.port, missed) == CHUNKS
        with Client(proxy.port, hit) as client:
            client.head()
            with pytest.raises(Cut):
                list(client.chunks())
        assert fetch(proxy.port, hidden) == CHUNKS
        proxy.wait_for("gets no faults: its head does not say that it is a stream")
        end = list(ended_capture(tmp_path, hit).records())[-1][2]
        assert end["faults"] == ["cut event=1", "duplicate event=1"]
        assert "faults" not in list(ended_capture(tmp_path, missed).records())[-1][2]
        assert "has crashed" not in proxy.log
