"""A Flask server as people write them, recorded through the proxy and read by a browser."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import flask
import httpx
import pytest
from browsers import browser, needs_chromium, wait_for
from proxies import Mitmdump, ended_capture
from werkzeug.serving import make_server

from ssetape.capture import Capture

pytestmark = pytest.mark.programs

TIMEOUT_S = 60.0  # for what should never happen; no test waits for it
TICKS = ["tick 1", "tick 2, café 🎬", "two\nlines", "[DONE]"]

# An EventSource asks again for ever when its stream ends: the last event has to close it.
PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<script>
const seen = [];
const source = new EventSource("/ticks/browser");
source.onmessage = ({ data }) => {
  seen.push(data);
  if (data === "[DONE]") source.close();
};
</script>
"""


def application() -> flask.Flask:
    app = flask.Flask("ticking")

    @app.get("/")
    def page() -> str:
        return PAGE

    @app.get("/ticks/<client>")
    def ticks(client: str) -> flask.Response:
        def generate() -> Iterator[str]:
            for tick in TICKS:
                lines = tick.replace("\n", "\ndata: ")
                yield f"data: {lines}\n\n"
                time.sleep(0.2)

        return flask.Response(generate(), mimetype="text/event-stream")

    return app


# HTTP/1.0 marks the end of a body by closing, HTTP/1.1 by chunks. Werkzeug speaks the one with a
# thread for every request, and the other without.
@pytest.fixture(scope="module", params=[False, True], ids=["one thread", "threads"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application(), threaded=request.param)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(TIMEOUT_S)
    server.server_close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mitmdump]:
    folder = tmp_path_factory.mktemp("flask")
    with Mitmdump(folder / "mitmproxy", folder / "tapes") as running:
        assert running.port
        yield running


def assert_ticks(capture: Capture) -> None:
    """What the view yielded: each tick an event, each at its moment, to the end."""
    events = list(capture.events())
    assert [event.data for event in events] == TICKS
    # Streamed, not handed over at its end; half of what lies between is left to the machine.
    assert events[-1].t_s - events[0].t_s > 0.3
    assert capture.response is not None
    types = [value for name, value in capture.response.headers if name.lower() == "content-type"]
    assert types == ["text/event-stream; charset=utf-8"]
    if any(name.lower() == "transfer-encoding" for name, _ in capture.response.headers):
        assert [chunk.data.decode() for chunk in capture.chunks()] == [
            "data: {}\n\n".format(tick.replace("\n", "\ndata: ")) for tick in TICKS
        ]
    assert capture.end is not None


def test_a_generator_of_flask_is_recorded_while_a_program_reads_it(
    url: str, proxy: Mitmdump
) -> None:
    with (
        httpx.Client(
            proxy=f"http://127.0.0.1:{proxy.port}", trust_env=False, timeout=TIMEOUT_S
        ) as client,
        client.stream("GET", f"{url}/ticks/program") as response,
    ):
        lines = list(response.iter_lines())
    assert [line.removeprefix("data: ") for line in lines if line] == "\n".join(TICKS).split("\n")
    capture = ended_capture(proxy.tape_dir, f"{url}/ticks/program")
    assert_ticks(capture)
    assert capture.end is not None
    assert capture.end.reason == "complete"


@needs_chromium
def test_a_generator_of_flask_is_recorded_while_a_browser_reads_it(
    url: str, proxy: Mitmdump, tmp_path: Path
) -> None:
    through = (f"--proxy-server=http://127.0.0.1:{proxy.port}", "--proxy-bypass-list=<-loopback>")
    with browser(tmp_path / "profile", *through) as driver:
        driver.get(url)
        wait_for(driver, "return source.readyState === EventSource.CLOSED")
        seen = driver.execute_script("return seen")
    assert seen == TICKS
    assert_ticks(ended_capture(proxy.tape_dir, f"{url}/ticks/browser"))
