import shlex
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssetape.cli.running.replays import ReplaysOfCaptures
from ssetape.errors import ReplayError, SsetapeError

Write = Callable[..., Path]
STREAM = [(0.0, b"data: a\n\n"), (0.0, b"data: b\n\n")]
PLAIN = {"speed": 1.0, "instant": False, "fault": "", "shares": False}


@pytest.fixture
def replays() -> Iterator[ReplaysOfCaptures]:
    made = ReplaysOfCaptures()
    yield made
    made.close()


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        data: bytes = answer.read()
        return data


def test_a_capture_is_served_at_its_own_path(
    replays: ReplaysOfCaptures, capture_file: Write
) -> None:
    path = capture_file(STREAM, url="http://origin.test/v1/x?q=1")
    served = replays.start(path, **PLAIN)
    assert served.url.endswith("/v1/x?q=1")
    assert read(served.url) == read(served.get_url) == b"data: a\n\ndata: b\n\n"
    assert shlex.split(served.curl.replace("\\\n", ""))[:3] == ["curl", "-N", served.url]


@pytest.mark.parametrize(
    ("url", "target"), [("http://[::1/x?q=1#f", "/x?q=1"), ("http://a.test?q", "/?q"), ("::", "/")]
)
def test_a_url_that_does_not_parse_is_served_as_well(
    replays: ReplaysOfCaptures, capture_file: Write, url: str, target: str
) -> None:
    served = replays.start(capture_file(STREAM, url=url), **PLAIN)
    assert served.url == served.get_url.removesuffix("/_ssetape/captures/0") + target
    assert read(served.url) == read(served.get_url)


def test_to_serve_it_anew_ends_how_it_was_served_before(
    replays: ReplaysOfCaptures, capture_file: Write
) -> None:
    path = capture_file(STREAM)
    first = replays.start(path, **PLAIN)
    second = replays.start(path, **{**PLAIN, "fault": "drop event=1", "shares": True})
    assert read(second.url) == b"data: b\n\n"
    with pytest.raises(OSError, match="refused"):
        read(first.url)
    replays.stop(path)
    replays.stop(path)
    with pytest.raises(OSError, match="refused"):
        read(second.url)


@pytest.mark.parametrize("wrong", [{"fault": "nonsense"}, {"speed": 0.0}, {"speed": float("nan")}])
def test_what_means_nothing_is_told_and_leaves_all_as_it_was(
    replays: ReplaysOfCaptures, capture_file: Write, wrong: dict[str, object]
) -> None:
    path = capture_file(STREAM)
    served = replays.start(path, **PLAIN)
    with pytest.raises(SsetapeError):
        replays.start(path, **{**PLAIN, **wrong})
    assert read(served.url)


def test_what_cannot_be_replayed_says_why(replays: ReplaysOfCaptures, capture_file: Write) -> None:
    with pytest.raises(ReplayError, match="nothing to replay"):
        replays.start(capture_file([], status=None, end="connect_failed"), **PLAIN)


def test_a_websocket_has_a_url_of_its_own_kind(replays: ReplaysOfCaptures, tmp_path: Path) -> None:
    path = tmp_path / "s.ssetape"
    path.write_text(
        '{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"ws://a.test/live"}}\n'
        '[0.1,"head",{"status":101,"headers":[]}]\n[0.2,"<","hi"]\n'
    )
    served = replays.start(path, **PLAIN)
    assert served.url.startswith("ws://127.0.0.1:")
    assert served.url.endswith("/live")
    assert (served.get_url, served.curl) == ("", "")
