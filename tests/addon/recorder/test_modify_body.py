import gzip
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from proxies import (
    Client,
    Exchange,
    Handler,
    Origin,
    captures,
    ended_capture,
    fetch,
    in_context,
    in_process,
)

from ssetape.addon import modify_body
from ssetape.addon.record import SsetapeRecord

EVENTS = [b"data: one\n\n", b"data: two\n\n", b"data: one\n\n"]
CHANGED = [b"data: 1\n\n", b"data: two\n\n", b"data: 1\n\n"]
RULE = "/~s/one/1"
NDJSON = "Content-Type: application/x-ndjson"
SSE = "Content-Type: text/event-stream"


def addons() -> list[object]:
    return [SsetapeRecord(), modify_body.ModifyStreamedBodies()]


def answer(chunks: list[bytes], *fields: str) -> Handler:
    def handler(exchange: Exchange) -> None:
        exchange.head(*fields)
        for data in chunks:
            exchange.chunk(data)
        exchange.end()

    return handler


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modified")


@pytest.fixture(scope="module")
def port(confdir: Path, folder: Path) -> Iterator[int]:
    options: dict[str, Any] = {"modify_body": [RULE], "tape_dir": str(folder)}
    with in_process(confdir, *addons(), **options) as port:
        yield port


def test_events_change_as_they_pass_and_the_capture_has_what_came(
    port: int, folder: Path, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    has_seen = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(EVENTS[0])
        assert has_seen.wait(10)  # the client has it before the next one comes
        exchange.chunk(b"".join(EVENTS[1:]))
        exchange.end()

    url = origin.serve(handler)
    with Client(port, url) as client:
        client.head()
        assert client.chunk() == CHANGED[0]
        has_seen.set()
        assert list(client.chunks()) == [b"".join(CHANGED[1:])]
    capture = ended_capture(folder, url)
    assert [chunk.data for chunk in capture.chunks()] == [EVENTS[0], b"".join(EVENTS[1:])]
    assert b'"altered":true' in capture.path.read_bytes().replace(b" ", b"")
    assert "Traceback" not in caplog.text


def test_what_no_rule_changes_is_not_marked(port: int, folder: Path, origin: Origin) -> None:
    url = origin.serve(answer([b"data: tw", b"o\n\n"]))
    assert fetch(port, url) == [b"data: two\n\n"]
    capture = ended_capture(folder, url)
    assert [chunk.data for chunk in capture.chunks()] == [b"data: tw", b"o\n\n"]
    assert b"altered" not in capture.path.read_bytes()


def test_a_cut_within_an_event_is_marked_as_the_client_never_gets_its_beginning(
    port: int, folder: Path, origin: Origin
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(b"data: two\n\ndata: o")

    url = origin.serve(handler)
    with Client(port, url) as client:
        client.head()
        assert client.chunk() == b"data: two\n\n"
        assert client.read_to_the_end() == b""
    capture = ended_capture(folder, url)
    assert [chunk.data for chunk in capture.chunks()] == [b"data: two\n\ndata: o"]
    assert '"altered": true' in capture.path.read_text()


def test_lines_and_unlabelled_streams_change_too(port: int, folder: Path, origin: Origin) -> None:
    url = origin.serve(answer([b'{"a":"one"}\n'], NDJSON))
    assert fetch(port, url) == [b'{"a":"1"}\n']
    url = origin.serve(answer([b"da", *[b"ta: one\n\n"]], "Content-Type: text/plain"))
    assert fetch(port, url) == [b"data: 1\n\n"]
    capture = ended_capture(folder, url)
    assert [chunk.data for chunk in capture.chunks()] == [b"da", b"ta: one\n\n"]


def test_ordinary_bodies_change_whether_the_recorder_looks_at_them_or_not(
    port: int, origin: Origin
) -> None:
    for fields in (["Content-Type: text/html"], ["Content-Type: text/plain"], ["X-Nothing: 1"]):
        url = origin.serve(answer([b"<p>one", b" one</p>"], *fields))
        assert b"".join(fetch(port, url)) == b"<p>1 1</p>"


def test_a_body_with_a_length_gets_another(port: int, origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head(SSE, "Content-Length: 11", chunked=False)
        exchange.send(EVENTS[0])

    with Client(port, origin.serve(handler)) as client:
        client.head()
        assert "content-length" not in client.headers
        assert list(client.chunks()) == CHANGED[:1]


def test_what_cannot_change_is_said_once_per_rule(
    confdir: Path, tmp_path: Path, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    coded = gzip.compress(EVENTS[0])
    frames = "Content-Type: application/vnd.amazon.eventstream"
    rules = [RULE, "/~s/one.*/1"]
    with in_process(confdir, *addons(), modify_body=rules, tape_dir=str(tmp_path)) as port:
        for _ in range(2):
            url = origin.serve(answer([coded], SSE, "Content-Encoding: gzip"))
            assert fetch(port, url) == [coded]
            assert fetch(port, origin.serve(answer([b"one"], frames))) == [b"one"]
            assert fetch(port, origin.serve(answer([b"data: none\n\n"]))) == [b"data: n1\n\n"]
    said = [line for line in caplog.messages if "modify_body" in line]
    assert sorted(line.partition(" leaves ")[0] for line in said) == [
        "ssetape: rule 1 of modify_body",
        "ssetape: rule 1 of modify_body",
        "ssetape: rule 2 of modify_body",
        "ssetape: rule 2 of modify_body",
    ]
    assert "Traceback" not in caplog.text


def test_a_rule_whose_matches_go_on_is_said_once(
    confdir: Path, tmp_path: Path, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    with in_process(
        confdir, *addons(), modify_body=["/~s/one.*/1"], tape_dir=str(tmp_path)
    ) as port:
        for _ in range(2):
            assert fetch(port, origin.serve(answer(EVENTS))) == EVENTS
    (said,) = [line for line in caplog.messages if "modify_body" in line]
    assert "would go on" in said
    assert all(b"altered" not in capture.path.read_bytes() for capture in captures(tmp_path))


def test_other_streams_do_not_make_mitmproxy_fail(
    confdir: Path, tmp_path: Path, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    options: dict[str, Any] = {"stream_large_bodies": "1", "tape_filter": "~u nothing"}
    with in_process(
        confdir, *addons(), modify_body=[RULE], tape_dir=str(tmp_path), **options
    ) as port:
        # A stream that is not wanted, large bodies, and a large request.
        assert fetch(port, origin.serve(answer(EVENTS))) == CHANGED
        url = origin.serve(answer([b"one"], "Content-Type: text/html"))
        assert fetch(port, url, method="POST", body=b"{}" * 9) == [b"one"]
    assert not captures(tmp_path)
    assert "Traceback" not in caplog.text


def test_a_replacement_that_cannot_be_read_is_said(
    confdir: Path, tmp_path: Path, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "replacement"
    file.write_bytes(b"1")
    with in_process(
        confdir, *addons(), modify_body=[f"|~s|one|@{file}"], tape_dir=str(tmp_path)
    ) as port:
        assert fetch(port, origin.serve(answer(EVENTS))) == CHANGED
        file.unlink()
        assert fetch(port, origin.serve(answer(EVENTS))) == EVENTS
    assert "rule 1 of modify_body: its replacement" in caplog.text


class _Addon:
    name = "modifybody"

    def __init__(self) -> None:
        self.ran: list[http.HTTPFlow] = []

    def run(self, flow: http.HTTPFlow) -> None:
        self.ran.append(flow)


def test_mitmproxys_addon_is_as_before_when_the_script_is_reloaded() -> None:
    ours = modify_body.ModifyStreamedBodies()
    with in_context(ours):
        from mitmproxy import ctx

        theirs = _Addon()
        ctx.master.addons.add(theirs)
        before = theirs.run
        ours.load(None)
        assert theirs.run != before
        ours.done()
        assert theirs.run == before
