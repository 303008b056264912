"""Real streams, replayed to the clients of their providers: they say what they are known to say.

What a stream says is stated with it, by its provider's documentation or its own client; none of it
was found out by this project.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google import genai
from httpx_sse import connect_sse
from node_clients import node
from ollama import Client as OllamaClient
from shared_data import FOLDER

import ssetape
from ssetape.capture import Capture
from ssetape.replay.pacing import Pace
from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.front import ProxyFront
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.running import running, serving

Write = Callable[..., Path]
Url = Callable[[dict[str, Any]], str]
Replaying = Callable[..., AbstractContextManager[Url]]

ORIGIN = "https://api.test"  # where the streams came from

INDEX = FOLDER / "real" / "INDEX.json"
STREAMS: list[dict[str, Any]] = json.loads(INDEX.read_text()) if INDEX.exists() else []

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(not STREAMS, reason=f"no {INDEX} here"),
]

# Where each protocol's client asks, below its base URL.
PATHS = {
    "openai-chat-completions": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "anthropic-messages": "/v1/messages",
    "gemini-streamGenerateContent": "/v1beta/models/m:streamGenerateContent",
    "ollama-ndjson": "/api/chat",
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay is on this machine, whatever proxy the environment names for the world."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


def known_to(client: str, *protocols: str) -> list[dict[str, Any]]:
    """The streams that a client of this name is known to read right, as is stated with them."""
    return [
        stream
        for stream in STREAMS
        if stream["protocol"] in protocols
        and stream["expected_statements"]
        and any(
            result["client"].startswith(client)
            and result.get("text_equal")
            and "exception" not in result
            for result in stream["client_results"] or ()
        )
    ]


def captures_of(streams: Sequence[dict[str, Any]], write: Write, method: str) -> list[Capture]:
    """Streams as captures, each below its own path.

    Each is cut into fifty chunks or so, which heed neither events nor characters.
    """
    captures = []
    for stream in streams:
        body = (FOLDER / "real" / stream["file"]).read_bytes()
        size = 1 + len(body) // 50
        chunks = [(0.0, body[start : start + size]) for start in range(0, len(body), size)]
        path = PATHS.get(stream["protocol"], "/events")
        headers = [("content-type", stream["content_type"])]
        url = f"{ORIGIN}/{stream['file']}{path}"
        captures.append(ssetape.open(write(chunks, url=url, method=method, headers=headers)))
    return captures


@contextmanager
def replayed(
    streams: Sequence[dict[str, Any]], write: Write, method: str = "POST"
) -> Iterator[Url]:
    """Serve streams; gives what makes the base URL of each."""
    with serving(captures_of(streams, write, method), Pace(instant=True)) as base:
        yield lambda stream: f"{base}/{stream['file']}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("mitmproxy"))


@pytest.fixture(params=["base URL", "proxy"])
def replaying(
    request: pytest.FixtureRequest,
    capture_file: Write,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> Replaying:
    """Serves streams in both ways: to clients with another base URL, and to those that keep it."""

    @contextmanager
    def through_the_proxy(streams: Sequence[dict[str, Any]], method: str = "POST") -> Iterator[Url]:
        captures = captures_of(streams, capture_file, method)
        front = ProxyFront(Identities(authority))
        with running(captures, Pace(instant=True), front=front) as server:
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.setenv(name, "")
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, server.url)
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_path))
            yield lambda stream: f"{ORIGIN}/{stream['file']}"

    if request.param == "proxy":
        return through_the_proxy
    return lambda streams, method="POST": replayed(streams, capture_file, method)


def texts(streams: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {stream["file"]: stream["expected"].get("text", "") for stream in streams}


# Python


def test_openai_s_client_reads_chat_completions(replaying: Replaying) -> None:
    streams = known_to("openai-py", "openai-chat-completions")
    said = {}
    with replaying(streams) as url:
        for stream in streams:
            with openai.OpenAI(base_url=f"{url(stream)}/v1", api_key="none") as client:
                parts = client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hello"}], stream=True
                )
                contents = (
                    choice.delta.content
                    for part in parts
                    for choice in part.choices
                    if choice.index == 0
                )
                # One provider sends what it thinks as a list in the same field.
                said[stream["file"]] = "".join(c for c in contents if isinstance(c, str))
    assert said == texts(streams)
    assert len(said) >= 20


# Its models do not know all that its own streams have.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_openai_s_client_reads_responses(replaying: Replaying) -> None:
    streams = known_to("openai-py", "openai-responses")
    said = {}
    with replaying(streams) as url:
        for stream in streams:
            with (
                openai.OpenAI(base_url=f"{url(stream)}/v1", api_key="none") as client,
                client.responses.stream(model="m", input="Hello") as events,
            ):
                said[stream["file"]] = events.get_final_response().output_text
    assert said == texts(streams)
    assert len(said) >= 3


def test_anthropic_s_client_reads_messages(replaying: Replaying) -> None:
    streams = known_to("anthropic-py", "anthropic-messages")
    said, stops = {}, {}
    with replaying(streams) as url:
        for stream in streams:
            with (
                anthropic.Anthropic(base_url=url(stream), api_key="none") as client,
                client.messages.stream(
                    model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello"}]
                ) as events,
            ):
                message = events.get_final_message()
            found = [block.text for block in message.content if block.type == "text"]
            said[stream["file"]] = "".join(found)
            stops[stream["file"]] = message.stop_reason
    assert said == texts(streams)
    assert stops == {stream["file"]: stream["expected"]["stop"] for stream in streams}
    assert len(said) >= 5


def test_google_s_client_reads_generated_content(replaying: Replaying) -> None:
    streams = [
        stream
        for stream in known_to("google-genai-py", "gemini-streamGenerateContent")
        if stream["content_type"].startswith("text/event-stream")
    ]
    said: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    with replaying(streams) as url:
        for stream in streams:
            options: Any = {"base_url": url(stream), "api_version": "v1beta"}
            with closing(genai.Client(api_key="none", http_options=options)) as client:
                said[stream["file"]], calls[stream["file"]] = "", []
                for part in client.models.generate_content_stream(model="m", contents="Hello"):
                    for candidate in (part.candidates or [])[:1]:
                        content = candidate.content
                        for piece in (content.parts if content else None) or []:
                            if piece.text and not piece.thought:
                                said[stream["file"]] += piece.text
                            if piece.function_call and piece.function_call.name:
                                calls[stream["file"]].append(piece.function_call.name)
    assert said == texts(streams)
    expected = {
        stream["file"]: [call["name"] for call in stream["expected"].get("tool_calls", [])]
        for stream in streams
    }
    for file, names in expected.items():  # one is streamed in several parts
        assert list(dict.fromkeys(calls[file])) == list(dict.fromkeys(names))
    assert len(said) >= 2


def test_ollama_s_client_reads_its_lines(replaying: Replaying) -> None:
    streams = known_to("ollama-py", "ollama-ndjson")
    said = {}
    with replaying(streams) as url:
        for stream in streams:
            client = OllamaClient(host=url(stream))
            parts = client.chat(
                model="m", messages=[{"role": "user", "content": "Hello"}], stream=True
            )
            said[stream["file"]] = "".join(part.message.content or "" for part in parts)
            client._client.close()  # it has no way of its own
    assert said == texts(streams)
    assert len(said) >= 4


def event_streams() -> list[dict[str, Any]]:
    """All that are event streams, of whatever protocol."""
    return [
        stream
        for stream in STREAMS
        if stream["content_type"].startswith("text/event-stream") and stream.get("sse")
    ]


def test_httpx_sse_reads_every_event(replaying: Replaying) -> None:
    streams = event_streams()
    counts = {}
    with replaying(streams, "GET") as url, httpx.Client() as client:
        for stream in streams:
            path = PATHS.get(stream["protocol"], "/events")
            with connect_sse(client, "GET", url(stream) + path) as source:
                # It gives out blocks without data as well, which a browser does not.
                events = [event for event in source.iter_sse() if event.data]
            counts[stream["file"]] = len(events)
    known = {stream["file"]: stream["sse"]["events"] for stream in streams}
    differ = {file: (counts[file], known[file]) for file in known if counts[file] != known[file]}
    # An event that the stream leaves unfinished, and data that is empty, are what they differ in.
    assert all(abs(found - stated) <= 1 for found, stated in differ.values()), differ
    assert len(differ) <= 5, differ
    assert len(counts) >= 60


# JavaScript


def test_openai_s_javascript_client_reads_both_protocols(capture_file: Write) -> None:
    streams = known_to("openai-node", "openai-chat-completions", "openai-responses")
    with replayed(streams, capture_file) as url:
        asked = [[s["file"], f"{url(s)}/v1", s["protocol"]] for s in streams]
        said = node("openai", "openai", asked)
    assert said == texts(streams)
    assert len(said) >= 20


def test_anthropic_s_javascript_client_reads_messages(capture_file: Write) -> None:
    streams = known_to("anthropic-node", "anthropic-messages")
    with replayed(streams, capture_file) as url:
        said = node("anthropic", "@anthropic-ai/sdk", [[s["file"], url(s)] for s in streams])
    assert said == texts(streams)
    assert len(said) >= 5


def test_vercel_s_ai_sdk_reads_openai_and_anthropic(capture_file: Write) -> None:
    streams = known_to("ai + @ai-sdk/openai chat", "openai-chat-completions")
    streams += known_to("ai + @ai-sdk/openai responses", "openai-responses")
    streams += known_to("ai + @ai-sdk/anthropic", "anthropic-messages")
    with replayed(streams, capture_file) as url:
        asked = [[s["file"], f"{url(s)}/v1", s["protocol"]] for s in streams]
        said = node("ai", "ai", asked)
    assert said == texts(streams)
    assert len(said) >= 20


def events_of(stream: dict[str, Any]) -> list[Any]:
    body = (FOLDER / "real" / stream["file"]).read_bytes()
    return ssetape.sse.EventStreamParser().feed(body)


def test_the_eventsource_package_reads_every_event(capture_file: Write) -> None:
    streams = event_streams()
    with replayed(streams, capture_file, "GET") as url:
        asked = [
            [
                s["file"],
                url(s) + PATHS.get(s["protocol"], "/events"),
                # "error" is also what it calls a connection's end.
                sorted({event.event for event in events_of(s)} - {"error"}),
            ]
            for s in streams
        ]
        seen = node("eventsource", "eventsource", asked)
    for stream in streams:
        events = [[e.event, e.data, e.id] for e in events_of(stream) if e.event != "error"]
        assert seen[stream["file"]] == events, stream["file"]


def test_fetch_event_source_reads_every_event(capture_file: Write) -> None:
    streams = event_streams()
    with replayed(streams, capture_file) as url:
        asked = [[s["file"], url(s) + PATHS.get(s["protocol"], "/events")] for s in streams]
        seen = node("fetch-event-source", "@microsoft/fetch-event-source", asked)
    for stream in streams:
        # It loses line breaks with which data begins.
        found = ((e.event, e.data.lstrip("\n")) for e in events_of(stream))
        events = [[name, data] for name, data in found if data]
        assert seen[stream["file"]] == events, stream["file"]
