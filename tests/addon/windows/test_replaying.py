from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from ssetape.addon.windows import replaying
from ssetape.addon.windows.flow_captures import FlowCapture
from ssetape.addon.windows.replaying import Replays
from ssetape.errors import ReplayError

Write = Callable[..., Path]


def of(path: Path) -> FlowCapture:
    return FlowCapture(path, path.stat().st_size, is_live=False)


@pytest.fixture
def replays() -> Iterator[Replays]:
    made = Replays()
    yield made
    made.close()


def test_it_serves_the_captures_and_says_where(capture_file: Write, replays: Replays) -> None:
    path = capture_file([(0.0, b"data: 1\n\n")], url="http://origin.test/a?b=c")
    url, line, last = replays.lines([of(path)])
    assert line == f"GET {url}/a?b=c"
    assert last == f"each also as a GET: {url}/_ssetape/"
    with urlopen(f"{url}/a?b=c") as answer:
        assert answer.read() == b"data: 1\n\n"


def test_the_same_captures_have_one_server(capture_file: Write, replays: Replays) -> None:
    one, other = capture_file([(0.0, b"data: 1\n\n")]), capture_file([(0.0, b"data: 2\n\n")])
    url = replays.lines([of(one)])[0]
    assert replays.lines([of(one)])[0] == url
    assert replays.lines([of(one), of(other)])[0] != url
    # It has grown: it was being recorded.
    one.write_bytes(one.read_bytes() + b'[9,"x"]\n')
    assert replays.lines([of(one)])[0] != url


def test_a_websocket_has_an_address_of_its_kind(capture_file: Write, replays: Replays) -> None:
    path = capture_file([], kind="websocket", status=101, url="wss://origin.test/chat")
    url, line, _ = replays.lines([of(path)])
    assert line == f"GET ws{url.removeprefix('http')}/chat"


def test_servers_and_captures_are_bounded(
    capture_file: Write, replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "SERVERS_LIMIT", 1)
    first = replays.lines([of(capture_file([(0.0, b"data: 1\n\n")]))])[0]
    replays.lines([of(capture_file([(0.0, b"data: 2\n\n")]))])
    with pytest.raises(OSError, match="refused"):
        urlopen(first)
    monkeypatch.setattr(replaying, "CAPTURES_LIMIT", 1)
    with pytest.raises(ReplayError, match=r"2 captures are more than the 1 .* ssetape replay /"):
        replays.lines([of(capture_file()), of(capture_file())])


def test_what_cannot_be_replayed_says_why(capture_file: Write, replays: Replays) -> None:
    with pytest.raises(ReplayError, match="nothing to replay"):
        replays.lines([of(capture_file(status=None))])


def test_it_stops(capture_file: Write, replays: Replays) -> None:
    url = replays.lines([of(capture_file([(0.0, b"data: 1\n\n")]))])[0]
    replays.close()
    with pytest.raises(OSError, match="refused"):
        urlopen(url)
