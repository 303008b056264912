import asyncio
import errno
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mitmproxy import http
from mitmproxy.io import FlowReader
from proxies import (
    Client,
    Exchange,
    Origin,
    captures,
    ended_capture,
    fetch,
)

from ssetape.addon.proxy import program, trust
from ssetape.addon.proxy.inside import ProxySettings, RunningProxy, proxy
from ssetape.errors import RecordError
from ssetape.recording import recording

BODY = [b"data: one\n\n", b"data: two\n\n"]


def answer(exchange: Exchange) -> None:
    exchange.head()
    for data in BODY:
        exchange.chunk(data)
    exchange.end()


@pytest.fixture
def settings(confdir: Path, tmp_path: Path) -> Callable[..., ProxySettings]:
    def make(**fields: Any) -> ProxySettings:
        given = {"folder": tmp_path / "tapes", "port": 0, "confdir": confdir, **fields}
        return ProxySettings(**given)

    return make


def port_of(running: RunningProxy) -> int:
    return int(running.url.rpartition(":")[2])


def start_and_stop(settings: ProxySettings) -> None:
    async def main() -> None:
        async with proxy(settings):
            pass

    asyncio.run(main())


def fetch_through(settings: ProxySettings, url: str) -> list[bytes]:
    async def main() -> list[bytes]:
        async with proxy(settings) as running:
            return await asyncio.to_thread(fetch, port_of(running), url)

    return asyncio.run(main())


def test_mitmproxys_own_changes_come_after_what_is_recorded(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    options = {"modify_headers": ["/~s/content-type/text/plain"], "modify_body": ["/~s/one/1"]}
    url = origin.serve(answer)
    assert fetch_through(settings(options=options), url) == [b"data: 1\n\n", BODY[1]]
    capture = ended_capture(tmp_path / "tapes", url)
    assert [chunk.data for chunk in capture.chunks()] == BODY
    assert capture.response is not None
    assert ("content-type", "text/event-stream") in {
        (name.lower(), value) for name, value in capture.response.headers
    }


def test_a_flow_file_has_the_bodies_of_streams_and_how_they_ended(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    file = tmp_path / "flows"
    fetch_through(settings(options={"save_stream_file": str(file)}), origin.serve(answer))
    (flow,) = FlowReader(BytesIO(file.read_bytes())).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    assert flow.response.raw_content == b"".join(BODY)
    assert flow.metadata["ssetape"]["end"]["reason"] == "complete"


def test_a_flow_file_has_flows_whose_addresses_are_made_relative(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    def moved(exchange: Exchange) -> None:
        fields = (f"Location: {origin.url}/there", "Content-Length: 0")
        exchange.head(*fields, status="302 Found", chunked=False)

    path = urlsplit(origin.serve(moved)).path
    file = tmp_path / "flows"
    given = settings(reverse=origin.url, options={"save_stream_file": str(file)})

    def follow(port: int, url: str) -> None:
        with Client(port, url + path, direct=True) as client:
            assert client.head() == 302

    async def main() -> None:
        async with proxy(given) as running:
            await asyncio.to_thread(follow, port_of(running), running.url)

    asyncio.run(main())
    (flow,) = FlowReader(BytesIO(file.read_bytes())).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    assert flow.response.headers["location"] == "/there"


def test_a_proxy_records_for_as_long_as_its_block_runs(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(answer)

    async def main() -> None:
        async with proxy(settings()) as running:
            assert running.url.startswith("http://127.0.0.1:")
            assert running.ca_certificate.read_bytes().startswith(b"-----BEGIN CERTIFICATE")
            assert not running.stopped.is_set()
            assert await asyncio.to_thread(fetch, port_of(running), url) == BODY

    asyncio.run(main())
    capture = ended_capture(tmp_path / "tapes", url)
    assert [chunk.data for chunk in capture.chunks()] == BODY
    assert (tmp_path / "tapes").stat().st_mode & 0o777 == 0o700


def test_its_port_is_free_again_right_after_the_block(
    settings: Callable[..., ProxySettings],
) -> None:
    async def main() -> None:
        async with proxy(settings()) as running:
            port = port_of(running)
        # The loop goes on: nothing but the end of the block can have closed it.
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED

    asyncio.run(main())


def test_a_reverse_proxy_asks_the_server_it_was_given(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(answer)

    async def main() -> list[bytes]:
        async with proxy(settings(reverse=origin.url)) as running:
            own = url.replace(origin.url, running.url)
            return await asyncio.to_thread(fetch, port_of(running), own, direct=True)

    assert asyncio.run(main()) == BODY
    (capture,) = captures(tmp_path / "tapes")
    assert [chunk.data for chunk in capture.chunks()] == BODY
    # Of the server, not of the proxy: it is what a replay is asked for later.
    assert capture.request.url == url


def test_a_reverse_proxy_may_be_asked_without_tls_for_a_server_with_it(
    settings: Callable[..., ProxySettings], tls_origin: Origin, tmp_path: Path
) -> None:
    url = tls_origin.serve(answer)

    async def main() -> list[bytes]:
        given = settings(reverse=tls_origin.url, options={"ssl_insecure": True})
        async with proxy(given) as running:
            own = url.replace(tls_origin.url, running.url)
            return await asyncio.to_thread(fetch, port_of(running), own, direct=True)

    assert asyncio.run(main()) == BODY
    (capture,) = captures(tmp_path / "tapes")
    assert capture.request.url == url


def test_a_reverse_proxy_of_http3_has_an_address_with_tls(
    settings: Callable[..., ProxySettings],
) -> None:
    async def main() -> str:
        async with proxy(settings(reverse="http3://127.0.0.1:9")) as running:
            return running.url

    assert asyncio.run(main()).startswith("https://127.0.0.1:")


def test_two_proxies_one_after_the_other_record_each_its_own(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        url = origin.serve(answer)
        assert fetch_through(settings(folder=tmp_path / name), url) == BODY
        (capture,) = captures(tmp_path / name)
        assert capture.request.url == url
    assert not recording.live


def test_filter_mask_and_further_options_are_those_of_the_settings(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    chosen, other = origin.serve(answer, "chosen"), origin.serve(answer, "other")

    async def main() -> None:
        given = settings(filter="~u chosen", mask=False, options={"anticomp": "true"})
        async with proxy(given) as running:
            for url in (chosen, other):
                got = await asyncio.to_thread(
                    fetch, port_of(running), f"{url}?key=plain", "Accept-Encoding: br"
                )
                assert b"".join(got) == b"".join(BODY)

    asyncio.run(main())
    (capture,) = captures(tmp_path / "tapes")
    assert capture.request.url == f"{chosen}?key=plain"
    assert ("Accept-Encoding", "identity") in capture.request.headers


def test_ordinary_responses_and_further_types_are_recorded_if_the_settings_say_so(
    settings: Callable[..., ProxySettings], origin: Origin
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head(f"Content-Type: {'audio/x' if 'sound' in exchange.target else 'text/css'}")
        exchange.chunk(b"one")
        exchange.chunk(b"two")
        exchange.end()

    sound, style = origin.serve(handler, "sound"), origin.serve(handler, "style")
    found = {}
    for given in (settings(options={"tape_types": "audio/*"}), settings(record_all=True)):
        for url in (sound, style):
            assert b"".join(fetch_through(given, url)) == b"onetwo"
        for capture in captures(given.folder):
            path = capture.request.url.removeprefix(origin.url)
            found[given.record_all, path[:6]] = [chunk.data for chunk in capture.chunks()]
            capture.path.unlink()
    assert found == {
        (False, "/sound"): [b"one", b"two"],
        (True, "/sound"): [b"onetwo"],
        (True, "/style"): [b"onetwo"],
    }


def test_a_stream_that_still_runs_at_the_end_of_the_block_is_ended(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    def waits(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(BODY[0])
        exchange.wait_for_the_other_side_to_leave()

    url = origin.serve(waits)

    def begin(port: int) -> Client:
        client = Client(port, url)
        client.head()
        assert client.chunk() == BODY[0]
        return client

    async def main() -> None:
        async with proxy(settings()) as running:
            client = await asyncio.to_thread(begin, port_of(running))
        client.close()

    asyncio.run(main())
    capture = ended_capture(tmp_path / "tapes", url)
    assert [chunk.data for chunk in capture.chunks()] == BODY[:1]
    assert capture.end is not None
    assert capture.end.reason == "proxy_shutdown"
    assert not recording.live


def test_settling_waits_for_the_end_of_a_client_that_has_gone(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    def waits(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(BODY[0])
        exchange.wait_for_the_other_side_to_leave()

    url = origin.serve(waits)

    def come_and_go(port: int) -> None:
        with Client(port, url) as client:
            client.head()
            client.chunk()

    async def main() -> None:
        async with proxy(settings()) as running:
            await asyncio.to_thread(come_and_go, port_of(running))
            await running.settle()

    asyncio.run(main())
    end = ended_capture(tmp_path / "tapes", url).end
    assert end is not None
    assert end.reason == "client_closed"


# What keeps it from starting


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(
    settings: Callable[..., ProxySettings],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RecordError, match=f"cannot listen on 127.0.0.1:{port}: .*; port 0"):
            start_and_stop(settings(port=port))


def test_an_address_that_is_not_ours_is_an_error(settings: Callable[..., ProxySettings]) -> None:
    with pytest.raises(RecordError, match=r"cannot listen on 203\.0\.113\.1:0"):
        start_and_stop(settings(host="203.0.113.1"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"filter": "~u ["}, "~u \\["),
        ({"filter": "~nonsense"}, "~nonsense"),
        ({"options": {"no_such_option": "1"}}, "no option 'no_such_option'.*mitmdump --options"),
        ({"options": {"anticomp": "perhaps"}}, "anticomp|perhaps|[Bb]oolean"),
        ({"options": {"tape_mask": "yes"}}, "tape_mask"),
        ({"reverse": "ftp://example.test"}, "ftp"),
    ],
    ids=str,
)
def test_settings_that_are_not_right_are_an_error_that_names_them(
    fields: dict[str, Any], words: str, settings: Callable[..., ProxySettings]
) -> None:
    with pytest.raises(RecordError, match=words):
        start_and_stop(settings(**fields))


def test_a_folder_that_cannot_be_had_is_an_error_that_names_it(
    settings: Callable[..., ProxySettings], tmp_path: Path
) -> None:
    in_its_place = tmp_path / "a file"
    in_its_place.write_text("")
    for folder in (in_its_place, in_its_place / "below"):
        with pytest.raises(RecordError, match=f"cannot write captures to {folder}: .*-o"):
            start_and_stop(settings(folder=folder))


def test_a_folder_that_cannot_be_written_to_is_an_error(
    settings: Callable[..., ProxySettings], tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(RecordError, match="Permission denied"):
        start_and_stop(settings(folder=closed))


def test_a_start_that_failed_does_not_spoil_the_next(
    settings: Callable[..., ProxySettings],
    origin: Origin,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wrong: list[dict[str, Any]] = [{"filter": "~u ["}, {"port": taken.getsockname()[1]}]
        for fields in wrong:
            with pytest.raises(RecordError):
                start_and_stop(settings(**fields))
    url = origin.serve(answer)
    assert fetch_through(settings(), url) == BODY
    assert len(captures(tmp_path / "tapes")) == 1
    # What mitmproxy hangs into logging belongs to a loop that is closed by now.
    logging.getLogger("ssetape").warning("for the handlers that are left")
    assert "Logging error" not in capfd.readouterr().err


def test_no_handler_of_a_start_that_failed_stays_in_logging(
    settings: Callable[..., ProxySettings],
) -> None:
    before = set(logging.getLogger().handlers)
    with pytest.raises(RecordError):
        start_and_stop(settings(filter="~u ["))
    # It would raise into whoever logs next, once its loop is closed.
    assert not set(logging.getLogger().handlers) - before


# Around a program


def record_program(settings: ProxySettings, tmp_path: Path, *command: str) -> int:
    async def main() -> int:
        async with proxy(settings) as running:
            bundle = tmp_path / "bundle.pem"
            bundle.write_bytes(trust.bundle(running.ca_certificate))
            variables = program.environment(os.environ, running.url, bundle)
            code = await program.run(command, variables)
            await running.settle()
            return code

    return asyncio.run(main())


HTTPX = """
import sys, httpx
with httpx.stream("GET", sys.argv[1]) as response:
    body = b"".join(response.iter_raw())
sys.exit(0 if body == b"data: one\\n\\ndata: two\\n\\n" else 3)
"""
URLLIB = """
import sys, urllib.request
body = urllib.request.urlopen(sys.argv[1]).read()
sys.exit(0 if body == b"data: one\\n\\ndata: two\\n\\n" else 3)
"""
CLIENTS = {
    "httpx": [sys.executable, "-c", HTTPX],
    "urllib": [sys.executable, "-c", URLLIB],
    "curl": ["curl", "-sSN", "--fail", "-o", os.devnull],
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_program_that_checks_certificates_is_recorded_over_https(
    name: str, settings: Callable[..., ProxySettings], tls_origin: Origin, tmp_path: Path
) -> None:
    if shutil.which(CLIENTS[name][0]) is None:
        pytest.skip(f"{name} is not here")
    url = tls_origin.serve(answer)
    given = settings(options={"ssl_insecure": True})
    assert record_program(given, tmp_path, *CLIENTS[name], url) == 0
    capture = ended_capture(tmp_path / "tapes", url)
    assert capture.request.url == url
    assert [chunk.data for chunk in capture.chunks()] == BODY


def test_a_program_that_leaves_in_mid_stream_is_recorded_up_to_there(
    settings: Callable[..., ProxySettings], origin: Origin, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")

    def endless(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(BODY[0])
        exchange.wait_for_the_other_side_to_leave()

    url = origin.serve(endless)
    assert record_program(settings(), tmp_path, "curl", "-sSN", "--max-time", "1", url) == 28
    end = ended_capture(tmp_path / "tapes", url).end
    assert end is not None
    assert end.reason == "client_closed"


def test_a_server_whose_certificate_is_not_trusted_is_refused(
    settings: Callable[..., ProxySettings], tls_origin: Origin, tmp_path: Path
) -> None:
    url = tls_origin.serve(answer)
    assert record_program(settings(), tmp_path, *CLIENTS["urllib"], url) != 0
    assert not list((tmp_path / "tapes").iterdir())


def test_the_signals_of_the_process_are_as_before(
    settings: Callable[..., ProxySettings], tmp_path: Path
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    assert record_program(settings(), tmp_path, "true") == 0
    assert [signal.getsignal(number) for number in numbers] == before
