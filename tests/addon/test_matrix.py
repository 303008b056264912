"""Whatever is recorded is replayed: each odd head, end and upgrade, through the real recorder."""

from pathlib import Path

import pytest
from odd_exchanges import HTTP_1, WEBSOCKETS, Recorded, record_http_1

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
