"""The log: whatever a message quotes, a line that no terminal obeys."""

import logging
import unicodedata
from pathlib import Path

import pytest

from ssetape.recording import log, mask_finished

EVIL = "\x1b]0;owned\x07\r\n\x7f\x9b\u202e\u2066"


@pytest.mark.parametrize("words", [(f"a {EVIL}",), ("a %s", EVIL)])
def test_a_message_is_one_printable_line(
    words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ssetape"):
        log.logger.info(*words)
    (text,) = caplog.messages
    assert text == "a \\x1b]0;owned\\x07\\r\\n\\x7f\\x9b\\u202e\\u2066"


def test_so_is_one_after_mitmproxy_has_closed_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(level: int, text: str) -> None:
        raise RuntimeError("Event loop is closed")

    monkeypatch.setattr(log.logger, "log", closed)
    mask_finished._log(logging.ERROR, EVIL)
    told = capsys.readouterr().err
    assert not [c for c in told[:-1] if unicodedata.category(c) in ("Cc", "Cf")]


def test_all_recorders_log_here() -> None:
    root = Path(log.__file__).parents[2]
    others = [
        path.name
        for folder in ("addon", "ssetape/recording", "ssetape/tap")
        for path in (root / folder).rglob("*.py")
        if path.name != "log.py" and 'getLogger("ssetape")' in path.read_text("utf-8")
    ]
    assert others == []
