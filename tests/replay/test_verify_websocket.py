import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.replay.verification import Verification
from ssetape.replay.verify import verify
from ssetape.replay.verify_websocket import verify as verify_at

INSTANT = Pace(instant=True)
MESSAGES: list[list[Any]] = [
    [0.01, "<", "hello é"],
    [0.02, ">", "question"],
    [0.03, "<b", "AP8="],
    [0.03, "<", ""],
    [0.04, ">b", "AQ=="],
    [0.05, ">", "and"],
    [0.06, "<", "bye " * 50_000],
]


@pytest.fixture
def tape(tmp_path: Path) -> Callable[..., Any]:
    """Gives a capture of a WebSocket."""

    def write(messages: list[list[Any]], end: Any = None, status: int = 101, **head: Any) -> Any:
        request = {"method": "GET", "url": "wss://chat.test/s?v=1", "http_version": "HTTP/1.1"}
        request["headers"] = [["Upgrade", "websocket"]] if status == 101 else []  # type: ignore
        header = {"ssetape": 1, "id": "x", "kind": "websocket", "started": "", "request": request}
        opened = {"status": status, "reason": "Switching Protocols", "headers": [], **head}
        lines = [header, [0.005, "head", opened], *messages]
        if end is not None:
            lines.append([messages[-1][0] if messages else 0.01, "end", end])
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.ssetape"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return ssetape.open(path)

    return write


def closed(code: int, by: str, reason: str = "", why: str = "complete") -> dict[str, Any]:
    return {"reason": why, "close": {"code": code, "reason": reason, "by": by}}


def is_equal(found: Verification) -> bool:
    all_equal = found.bytes_equal and found.boundaries_equal and found.headers_equal
    return found.differences == [] and bool(all_equal) and found.end_equal


@pytest.mark.parametrize(
    "end",
    [
        closed(1000, "server"),
        closed(1005, "server"),
        closed(4001, "server", "enough é"),
        closed(1000, "client", "done"),
        closed(1005, "client"),
        closed(1006, "server", why="upstream_cut"),
        closed(1006, "client", why="client_closed"),
        {"reason": "proxy_shutdown"},
        None,
    ],
    ids=str,
)
def test_a_conversation_and_its_end_are_replayed(tape: Callable[..., Any], end: Any) -> None:
    found = verify(tape(MESSAGES, end), INSTANT)
    assert is_equal(found), found.differences
    assert found.chunks == len(found.errors_ms) == 4


def test_its_times_are_checked_and_never_early(tape: Callable[..., Any]) -> None:
    found = verify(tape(MESSAGES, closed(1000, "server")), Pace(speed=0.5))
    assert is_equal(found)
    assert found.head_error_ms >= 0
    assert all(error_ms >= 0 for error_ms in found.errors_ms)


def test_the_handshake_is_compared(tape: Callable[..., Any]) -> None:
    headers = [
        *(["X-Odd", "a\x0bb\r\n c"], ["Upgrade", "websocket"], ["Connection", "Upgrade"]),
        *(["Sec-WebSocket-Accept", "x"], ["Sec-WebSocket-Protocol", "chat"]),
        *(["Sec-WebSocket-Extensions", "permessage-deflate"], ["X-Large", "x" * 100_000]),
    ]
    assert is_equal(verify(tape(MESSAGES, closed(1000, "server"), headers=headers), INSTANT))


def test_what_addons_dropped_and_injected_is_as_it_was(tape: Callable[..., Any]) -> None:
    messages: list[list[Any]] = [
        [0.01, ">", "from an addon", {"injected": True}],
        [0.01, "<", "withheld", {"dropped": True}],
        [0.01, ">", "asked", {"dropped": True}],
        [0.02, "<", "from an addon", {"injected": True}],
    ]
    found = verify(tape(messages, closed(1000, "server")), INSTANT)
    assert is_equal(found)
    assert found.chunks == 1


SAID = closed(1000, "server", "x")
OTHERS: dict[str, tuple[list[list[Any]], Any, str]] = {
    "other bytes": ([[0.0, "<", "b"]], SAID, "bytes: message 1 differs"),
    "another kind": ([[0.0, "<b", "YQ=="]], SAID, "message 1: text and binary are exchanged"),
    "one less": ([], SAID, "bytes: message 1 did not come"),
    "one more": ([[0.0, "<", "a"], [0.0, "<", "b"]], SAID, "bytes: 1 messages more arrived"),
    "another code": ([[0.0, "<", "a"]], closed(1001, "server", "x"), "end: recorded as close 1000"),
    "another reason": ([[0.0, "<", "a"]], closed(1000, "server"), "end: recorded as close 1000"),
    "a cut": ([[0.0, "<", "a"]], None, "end: recorded as close 1000 'x', replayed as cut"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_every_difference_is_told(tape: Callable[..., Any], what: str) -> None:
    messages, end, told = OTHERS[what]
    capture = tape([[0.0, "<", "a"]], SAID)
    with serving([tape(messages, end)], INSTANT) as url:
        found = verify_at(url, capture, INSTANT)
    assert found.differences
    assert found.differences[0].startswith(told) or found.differences[-1].startswith(told)


def test_a_websocket_that_does_not_open_is_told(
    tape: Callable[..., Any], capture: Callable[..., Any]
) -> None:
    with serving([capture(url="http://chat.test/")], INSTANT) as url:
        found = verify_at(url, tape(MESSAGES), INSTANT)
    assert "status: recorded 101, replayed 404" in found.differences
    assert "the WebSocket did not open" in found.differences


def test_what_comes_too_early_is_told(tape: Callable[..., Any]) -> None:
    capture = tape([[9.0, "<", "a"], [9.0, "<", "b"]], SAID)
    with serving([capture], INSTANT) as url:
        found = verify_at(url, capture, Pace())
    assert found.differences == ["time: 2 messages arrived before they were due"]
