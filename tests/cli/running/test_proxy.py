import logging

import pytest

from ssetape.cli.running import proxy
from ssetape.cli.running.proxy import ProxyLog


def test_the_log_shows_what_is_ours_and_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(proxy, "note", said.append)
    log = ProxyLog()
    logger = logging.Logger("test")
    logger.addHandler(log)
    logger.error("too early")
    log.show()
    logger.info("ssetape: recording")
    logger.warning("Server TLS handshake failed. no trust")  # of which the recorder says more
    logger.warning("something else")
    assert said == ["recording", "warning: something else"]
