"""Secrets sent everywhere in an exchange, through a whole proxy."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxies import Exchange, Mitmdump, Origin, fetch

import ssetape
from ssetape.masking.scan import scan


def secrets() -> Iterator[str]:
    """Different ones, so that each can be told from the others."""
    for number in range(100):
        yield f"sk-ant-api03-{number:02}B2c3D4e5F6g7H8i9J0"


def plant(origin: Origin, port: int) -> list[str]:
    """Send secrets everywhere where an exchange has room; gives them."""
    keys = secrets()
    path_key, query_key, header_key, body_key, set_key, event_key, last_key = (
        next(keys) for _ in range(7)
    )

    def answer(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", f"X-Made-With: {set_key}")
        event = f'data: {{"key": "{event_key}"}}\n\n'.encode()
        exchange.chunk(event[:25])
        time.sleep(0.02)
        exchange.chunk(event[25:])
        exchange.chunk(f"data: {last_key}\n\n".encode())
        exchange.end()

    url = origin.serve(answer, path_key)
    body = json.dumps({"nested": json.dumps({"key": body_key})}).encode()
    fetch(
        port,
        f"{url}?q={query_key}",
        f"X-Something: {header_key}",
        method="POST",
        body=body,
    )
    return [path_key, query_key, header_key, body_key, set_key, event_key, last_key]


@pytest.mark.parametrize("mask", ["on", "off"])
def test_of_secrets_sent_everywhere_none_is_in_a_file_or_the_scan_finds_each(
    mask: str, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    folder = tmp_path / "tapes"
    with Mitmdump(confdir, folder, f"tape_mask={mask}") as proxy:
        planted = plant(origin, proxy.port)
    assert proxy.wait() == 0
    (path,) = folder.iterdir()
    content = b"".join(file.read_bytes() for file in folder.rglob("*"))
    capture = ssetape.open(path)
    assert capture.end is not None
    assert capture.end.is_complete
    hints = [finding.place for finding in scan(capture)]
    if mask == "off":
        joined = b"".join(chunk.data for chunk in capture.chunks()).decode()
        assert [key for key in planted[:5] if key.encode() in content] == planted[:5]
        assert all(key in joined for key in planted[5:])
        assert len(hints) == len(planted)
    else:
        assert [key for key in planted if key.encode() in content] == []
        # Nor the halves of the one that a chunk border cuts.
        assert planted[5][:20].encode() not in content
        assert hints == []
        assert len(list(capture.events())) == 2
