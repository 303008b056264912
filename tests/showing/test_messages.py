from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.errors import FramingError
from ssetape.format.values import Message
from ssetape.showing.messages import fields, items_of
from ssetape.showing.selected import data_of

Write = Callable[..., Path]


def test_what_is_worth_a_word_is_told(capture_file: Write) -> None:
    told: list[str] = []
    list(items_of(Capture(capture_file([(1, b"data: a\n\ndata: torn")])), told.append))
    assert told[0].startswith("the stream ends within an event, which starts at byte 9")
    headers = [("content-type", "application/vnd.amazon.eventstream")]
    with pytest.raises(FramingError, match="expected an AWS event-stream frame"):
        list(
            items_of(Capture(capture_file([(1, b"no frame at all")], headers=headers)), told.append)
        )
    html = [("content-type", "text/html")]
    list(items_of(Capture(capture_file([(1, b"<p>")], headers=html)), told.append))
    assert told[1].startswith("the body has no messages")


def test_text_that_is_not_utf_8_is_shown_as_bytes() -> None:
    message = Message(1.0, True, True, b"\xff")
    assert data_of(message) == "ff"
    assert fields(message, "", None)["base64"] == "/w=="
