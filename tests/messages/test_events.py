from collections.abc import Callable
from typing import Any

from ssetape.messages.events import Events


def test_events_are_messages_named_by_their_type(framed: Callable[..., Any]) -> None:
    found = framed(Events, [b": c\nevent: a\nda", b"ta: 1\n\ndata: 2\n\ndata: cut"])
    assert [(m.name, m.data, m.t_first_s, m.t_s) for m in found] == [
        ("a", "1", 0.0, 1.0),
        ("message", "2", 1.0, 1.0),
    ]
