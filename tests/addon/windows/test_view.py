import logging
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import contentviews, http
from proxies import in_context

from ssetape.addon import flows
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
        for message in (other.response, flow.request):
            name, text = shown(other, message, "Event stream")
            assert "another view" in text
            assert "Traceback" not in text


def test_an_edited_body_is_shown_in_mitmproxy_s_own_way(
    stream: Stream, keep: Keep, looks: list[float]
) -> None:
    flow = stream()
    found = keep(flow)
    found.came(0.5, b"data: a\n\n")
    found.ended(1.0, "complete", {})
    assert flow.response is not None
    flow.response.content = b"edited"
    with in_context(Nobody()):
        assert shown(flow, flow.response)[1] == "edited"
        assert looks == []


def test_notes_of_any_file_do_no_harm(stream: Stream, looks: list[float]) -> None:
    flow = stream()
    assert flow.response is not None
    flow.response.content = b"data: a\n\n"
    chunks: list[Any] = [None, 1, [[1]], [[0.0, "9"]], []]
    with in_context(Nobody()):
        for noted in (1, *({"chunks": each} for each in chunks)):
            flow.metadata[flows.RECORDED] = noted
            name, text = shown(flow, flow.response)
            assert (name == "Event stream", "data: a" in text) == (False, True)


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
