import gc
import math
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from ssetape.errors import CaptureError, ReplayError, SsetapeError
from ssetape.replay import verify as verify_module
from ssetape.replay.faults.fault import RESET
from ssetape.replay.pacing import Pace
from ssetape.replay.verify import Verification, verify

Make = Callable[..., Any]

INSTANT = Pace(instant=True)
CHUNKS = [(0.01, b"data: \xc3"), (0.02, b"\xa9\n\n"), (0.03, b"\0" * 2000)]
BODY = b"".join(data for _, data in CHUNKS)


def is_equal(found: Verification) -> bool:
    return (
        found.differences == []
        and found.bytes_equal
        and found.boundaries_equal is not False
        and found.headers_equal
        and found.end_equal
    )


# --- what is replayed as recorded ------------------------------------------------------------


@pytest.mark.parametrize("end", ["complete", "error", None])
@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", "text/event-stream")],
        [("Transfer-Encoding", "chunked"), ("X", "\xff"), ("X", "1")],
        [("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5")],
    ],
)
def test_a_capture_is_replayed_as_it_is(capture: Make, headers: Any, end: str | None) -> None:
    found = verify(capture(CHUNKS, headers=headers, end=end), INSTANT)
    assert is_equal(found)
    assert found.boundaries_equal is True
    assert found.chunks == len(found.errors_ms) == 3


def test_a_body_with_a_length_shows_no_boundaries(capture: Make) -> None:
    found = verify(capture(CHUNKS, headers=[("Content-Length", str(len(BODY)))]), INSTANT)
    assert is_equal(found)
    assert found.boundaries_equal is None


@pytest.mark.parametrize("end", ["complete", "tab_closed", "tab_crashed", "browser_closed"])
def test_what_a_browser_decoded_is_replayed_without_its_coding_and_length(
    capture: Make, end: str
) -> None:
    coding = [("content-encoding", "br"), ("content-length", "9")]
    headers = [("content-type", "text/event-stream")]
    found = verify(capture(CHUNKS, headers=headers, decoded=coding, end=end), INSTANT)
    assert is_equal(found)
    assert found.boundaries_equal is True


@pytest.mark.parametrize("end", ["complete", "error"])
def test_a_body_shorter_than_its_length_is_cut_as_it_was(capture: Make, end: str) -> None:
    headers = [("Content-Length", str(len(BODY) + 1))]
    found = verify(capture(CHUNKS, headers=headers, end=end), INSTANT)
    assert found.bytes_equal
    assert found.end_equal == (end == "error")


def test_its_times_are_checked_and_never_early(capture: Make) -> None:
    found = verify(capture(CHUNKS, head_s=0.005), Pace(speed=0.5))
    assert is_equal(found)
    assert found.head_error_ms >= 0
    assert all(0 <= error < 5_000 for error in found.errors_ms)
    assert found.percentile_ms(50) <= found.percentile_ms(99) <= max(found.errors_ms)


@pytest.mark.parametrize("fields", [{"status": 204}, {"status": 304}, {"status": 404}, {}])
def test_a_body_of_nothing_is_equal(capture: Make, fields: dict[str, Any]) -> None:
    found = verify(capture([], **fields), INSTANT)
    assert is_equal(found)
    assert math.isnan(found.percentile_ms(99))


@pytest.mark.parametrize("end", ["complete", "client_closed"])
@pytest.mark.parametrize("fields", [{"status": 204}, {"status": 304}, {"method": "HEAD"}])
def test_what_can_have_no_body_ends_with_its_head(
    capture: Make, fields: dict[str, Any], end: str
) -> None:
    """However it was recorded, and whatever body another tool has of it."""
    assert is_equal(verify(capture([(0.0, b"body")], end=end, **fields), INSTANT))


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Fold", "one\r\n two")],
        [("X-Nul", "a\0b"), ("X-CR", "a\rb"), ("X-Odd", "a\x0b\x0c\x01b")],
        [("X-Large", "a" * 300_000)],
        [(f"X-{number}", "a") for number in range(2_000)],
        [("Content-Encoding", "br"), ("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "deflate")],
    ],
    ids=["fold", "NUL, CR and others", "large", "many", "codings", "coding"],
)
def test_an_odd_head_is_replayed_as_it_has_to_be_read(capture: Make, headers: Any) -> None:
    assert is_equal(verify(capture(CHUNKS, headers=headers, reason="So\0it is"), INSTANT))


def test_an_upgrade_that_was_refused_is_asked_for_and_refused(capture: Make) -> None:
    asked = [["Upgrade", "websocket"], ["Connection", "upgrade"]]
    assert is_equal(verify(capture(CHUNKS, status=403, request_headers=asked), INSTANT))


def test_a_request_with_body_and_query_finds_its_capture(capture: Make) -> None:
    url = "http://origin.test/a/b?q=%20x&key=MASKED"
    found = verify(
        capture(CHUNKS, method="POST", url=url, body=b"\xff", masked_query=["key"]), INSTANT
    )
    assert is_equal(found)


def test_a_large_body_is_compared_whole(capture: Make) -> None:
    found = verify(capture([(0.0, bytes([n]) * 300_000) for n in range(7)]), INSTANT)
    assert is_equal(found)


# --- what cannot be replayed -----------------------------------------------------------------


def test_what_cannot_be_replayed_is_an_error(capture: Make) -> None:
    with pytest.raises(ReplayError, match="it has no response head"):
        verify(capture(status=None))


def test_a_damaged_capture_is_an_error(capture: Make) -> None:
    with pytest.raises(CaptureError, match="line 6: expected a record"):
        verify(capture(CHUNKS, end=None, tail=b"garbage\n"), INSTANT)


# --- what differs ----------------------------------------------------------------------------


@contextmanager
def answering(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have `verify` ask a server that gives one connection this answer, whatever is asked."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setattr(verify_module, "serving", lambda captures, pace: nullcontext(url))
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join(30)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
GOOD = HEAD + b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "differences"),
    [
        (GOOD, []),
        (GOOD.replace(b"ab", b"aX"), ["bytes: chunk 1 differs"]),
        (GOOD.replace(b"cd", b"Xd"), ["bytes: chunk 2 differs"]),
        (
            HEAD + b"4\r\nabcd\r\n0\r\n\r\n",
            ["boundaries: recorded 2 chunks, replayed 1, cut at other offsets"],
        ),
        (
            HEAD + b"1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n",
            ["boundaries: recorded 2 chunks, replayed 2, cut at other offsets"],
        ),
        (
            HEAD + b"2\r\nab\r\n0\r\n\r\n",
            [
                "bytes: chunk 2 differs",
                "boundaries: recorded 2 chunks, replayed 1, cut at other offsets",
            ],
        ),
        (
            HEAD + b"2\r\nab\r\n2\r\ncd\r\n3\r\nefg\r\n0\r\n\r\n",
            [
                "bytes: 3 more arrived than were recorded",
                "boundaries: recorded 2 chunks, replayed 3, cut at other offsets",
            ],
        ),
        (
            GOOD.removesuffix(b"0\r\n\r\n"),
            ["end: recorded as complete, replayed as cut"],
        ),
        (GOOD.replace(b"200", b"201"), ["status: recorded 200, replayed 201"]),
        (GOOD.replace(b"OK", b"No"), ["reason: recorded 'OK', replayed 'No'"]),
        (
            GOOD.replace(b"text/event-stream", b"x"),
            [
                "headers: recorded [('content-type', 'text/event-stream')], "
                "replayed [('content-type', 'x')]"
            ],
        ),
        (
            GOOD.replace(b"content-type", b"Content-Type"),
            [
                "headers: recorded [('content-type', 'text/event-stream')], "
                "replayed [('Content-Type', 'text/event-stream')]"
            ],
        ),
    ],
)
def test_every_difference_is_told(
    capture: Make, monkeypatch: pytest.MonkeyPatch, answer: bytes, differences: list[str]
) -> None:
    with answering(answer, monkeypatch):
        found = verify(capture([(0.0, b"ab"), (0.0, b"cd")]))
    assert found.differences == differences
    said = " ".join(differences)
    assert found.bytes_equal == ("bytes:" not in said)
    assert found.boundaries_equal == ("boundaries:" not in said)
    assert found.end_equal == ("end:" not in said)
    assert found.headers_equal == (not {"headers:", "status:", "reason:"} & {*said.split()})


def test_what_comes_too_early_is_told(capture: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(GOOD, monkeypatch):
        found = verify(capture([(0.0, b"ab"), (3600.0, b"cd")]))
    assert found.differences == ["time: 1 chunks arrived before they were due"]
    assert found.errors_ms[1] < 0


def test_a_complete_replay_of_what_was_cut_is_told(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(GOOD, monkeypatch):
        found = verify(capture([(0.0, b"ab"), (0.0, b"cd")], end="error"))
    assert found.differences == ["end: recorded as cut, replayed as complete"]
    assert not found.end_equal


@pytest.mark.parametrize("answer", [b"", b"no HTTP\r\n\r\n"])
def test_no_answer_at_all_is_told(
    capture: Make, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    with answering(answer, monkeypatch):
        found = verify(capture([(0.0, b"ab")]))
    assert "status: recorded 200, replayed None" in found.differences
    assert not found.bytes_equal
    assert not found.end_equal


# --- what stays behind -----------------------------------------------------------------------


def open_sockets() -> set[int]:
    gc.collect()
    found = (each for each in gc.get_objects() if isinstance(each, socket.socket))
    return {id(each) for each in found if each.fileno() != -1}


OUTCOMES: list[dict[str, Any]] = [
    {},
    {"end": None},
    {"end": "upstream_cut"},
    {"end": RESET},
    {"end": None, "tail": b"garbage\n"},
    {"headers": [("content-length", "9")], "end": "upstream_cut"},
    {"status": None},
    {"url": "http://origin.test/caf\xe9"},
]


def test_no_socket_stays_open_however_it_ends(capture: Make) -> None:
    def outcome(fields: dict[str, Any]) -> Verification | SsetapeError:
        try:
            return verify(capture(CHUNKS, **fields), INSTANT)
        except SsetapeError as error:
            return error

    before = open_sockets()
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("error", ResourceWarning)
        # All of them are kept, and the errors with their frames.
        found = list(pool.map(outcome, OUTCOMES * 8))
        assert open_sockets() == before
    assert sum(isinstance(each, Verification) for each in found) == 5 * 8
    assert {type(each) for each in found} == {Verification, CaptureError, ReplayError}


def test_no_socket_stays_open_where_it_is_interrupted(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> Verification:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify_module, "_compare", fail)
    before = open_sockets()
    with pytest.raises(KeyboardInterrupt) as kept:
        verify(capture(CHUNKS))
    assert open_sockets() == before
    assert kept.value.__traceback__ is not None
