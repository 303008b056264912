import logging
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import contentviews, http
from proxies import in_context

from ssetape.addon.windows import view
from ssetape.addon.windows.kept import Kept

Stream = Callable[..., http.HTTPFlow]
Keep = Callable[..., Kept]


def shown(flow: http.HTTPFlow, message: Any, name: str = "auto") -> tuple[str, str]:
    """The view's name and its text, as this mitmproxy's windows get them."""
    if hasattr(contentviews, "prettify_message"):
        found = contentviews.prettify_message(message, flow, name)
        return found.view_name or "", found.text
    old: Any = contentviews
    kind, lines, _ = old.get_message_content_view(name, message, flow)
    return kind, "\n".join("".join(text for _, text in line) for line in lines)


class Nobody:
    """An addon that does nothing."""


@pytest.fixture
def looks() -> list[float]:
    found: list[float] = []
    with in_context(Nobody()):
        view.install(found.append)
        view.install(found.append)  # as when mitmproxy loads the script again
    return found


def test_what_was_recorded_is_shown_and_nothing_else(
    stream: Stream, keep: Keep, looks: list[float]
) -> None:
    flow, other = stream(), stream()
    found = keep(flow)
    found.came(0.5, b"data: a\n\n")
    assert other.response is not None
    other.response.content = b"data: a\n\n"
    with in_context(Nobody()):
        name, text = shown(flow, flow.response)
        assert (name, text.splitlines()[-2].split()[-2:]) == ("Event stream", ["message", "a"])
        assert len(looks) == 1
        name, text = shown(flow, flow.response, "Event stream, chunks")
        assert name == "Event stream, chunks"
        assert text.splitlines()[-2].endswith("9 B  data: a\\n\\n")
        assert "Event stream" not in shown(other, other.response)[0]
        flow.request.content = b"x"
        assert "Event stream" not in shown(flow, flow.request)[0]
        assert "Event stream" not in shown(other, other.response, "Event stream")[0] or (
            "ssetape has not recorded" in shown(other, other.response, "Event stream")[1]
        )


def test_a_failure_is_said_once_a_flow_and_where_the_capture_is(
    stream: Stream, keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(flow: http.HTTPFlow) -> str:
        raise RuntimeError("made on purpose")

    made = view.StreamView("x", broken, view.SocketTexts(), 1.0, lambda _: None)
    flow = stream()
    keep(flow)
    with caplog.at_level(logging.ERROR, "ssetape"):
        texts = {made.text(flow, flow.response) for _ in range(3)}
    assert texts == {
        "cannot be shown (RuntimeError('made on purpose')): ssetape show /nowhere/x.ssetape"
    }
    assert len(caplog.records) == 1
