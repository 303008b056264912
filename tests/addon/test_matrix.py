"""Whatever is recorded is replayed: each odd head, end and upgrade, through the real recorder."""

import os
from pathlib import Path

import pytest
from http2_peers import Http2Origin
from http3_peers import needs_hypercorn
from odd_exchanges import (
    HTTP_1,
    WEBSOCKETS,
    Recorded,
    record_http_1,
    record_http_2,
    record_http_3,
)
from proxies import server_context
from ways_of_replay import exactly, http_3, over_asgi, over_http_2, through_the_proxy

from ssetape.replay.pacing import Pace
from ssetape.replay.verify import verify

INSTANT = Pace(instant=True)


@pytest.fixture(scope="module")
def recorded(confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_http_1(confdir, tmp_path_factory.mktemp("odd"))


KEYS = [(protocol, name) for protocol, cases in HTTP_1.items() for name in cases]
KEYS += [("WebSocket", name) for name in WEBSOCKETS]


@pytest.mark.parametrize("key", KEYS, ids=": ".join)
def test_what_is_recorded_verifies(recorded: Recorded, key: tuple[str, str]) -> None:
    capture = recorded[key]
    assert verify(capture, INSTANT).differences == []


# The page that has the table. With SSETAPE_WRITE_MATRIX=1, the test writes it.
PAGE = Path(__file__).parents[2] / "docs" / "recorded-and-replayed.md"
BEGIN, END = "<!-- made by tests/addon/test_matrix.py -->\n", "<!-- end -->\n"


@pytest.mark.programs
def test_the_table_of_what_is_recorded_and_replayed_is_true(
    recorded: Recorded, confdir: Path, http2_origin: Http2Origin, tmp_path: Path
) -> None:
    needs_hypercorn()
    server_context(tmp_path)
    every = {
        **recorded,
        **record_http_2(confdir, tmp_path / "http2", http2_origin),
        **record_http_3(confdir, tmp_path / "http3", tmp_path / "server.pem"),
    }
    folders = sorted({capture.path.parent for capture in every.values()})
    with http_3(confdir, folders) as over_http_3:
        ways = {
            "HTTP/1.0": exactly(b"HTTP/1.0"),
            "HTTP/1.1": exactly(b"HTTP/1.1"),
            "HTTP/2": over_http_2,
            "HTTP/3": over_http_3,
            "ASGI": over_asgi,
            "the proxy": through_the_proxy(confdir),
        }
        lines = [f"| recorded over | what | {' | '.join(ways)} |", "|---" * (len(ways) + 2) + "|"]
        for (protocol, name), capture in every.items():
            assert verify(capture, INSTANT).differences == [], name
            cells = [protocol, name, *(way(capture) for way in ways.values())]
            lines.append(f"| {' | '.join(cells)} |")
    table = "\n".join(lines)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    if os.environ.get("SSETAPE_WRITE_MATRIX"):
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{rest.partition(END)[2]}")
    assert rest.partition(END)[0].strip() == table
