"""Made captures, replayed to the clients of their providers: they read what was put in.

Each is made by the command line with no more than what is to be said, and asked for as the client
asks by itself.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from click.testing import CliRunner
from google import genai
from google.genai import errors as google_errors
from node_clients import TIMEOUT_S, node
from ollama import Client as OllamaClient
from ollama import ResponseError

import ssetape
from ssetape.cli import main
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving

Make = Callable[..., Any]

pytestmark = pytest.mark.programs

TEXT = "Grüße, 世界! 🎬 It is 21 °C.\n\nAnything else?"
REASONING = 'The user wants the weather: "call" the tool.'
ARGUMENTS = {"city": "São Paulo", "days": [1, 2.5, None], "why": {"é": '\\ "quoted"'}}
TOOL = f"weather={json.dumps(ARGUMENTS)}"
ERROR = "The server is overloaded: try again."
USAGE = "12+40"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay is on this machine, whatever proxy the environment names for the world."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


def make(path: Path, protocol: str, *words: str) -> None:
    done = CliRunner().invoke(main, ["make", "-o", str(path), "--protocol", protocol, *words])
    assert done.exit_code == 0, done.output


@pytest.fixture
def replayed(tmp_path: Path) -> Make:
    """Makes a capture of a protocol, and gives the address of its replay."""

    @contextmanager
    def run(protocol: str, *words: str) -> Iterator[str]:
        path = tmp_path / "made.ssetape"
        make(path, protocol, *words)
        with serving([ssetape.open(path)], Pace(instant=True)) as url:
            yield url

    return run


SAYING = ("--text", TEXT, "--reasoning", REASONING, "--tool", TOOL, "--usage", USAGE)
BREAKING = ("--text", TEXT, "--error", ERROR)
QUESTION: Any = [{"role": "user", "content": "How is the weather?"}]


def until_error(
    kind: type[Exception], parts: Iterable[Any], said: Callable[[Any], str | None]
) -> str:
    """What the parts of an answer say until the client raises the error in it."""
    text = ""
    with pytest.raises(kind, match=ERROR):  # noqa: PT012  # what came before it counts, too
        for part in parts:
            text += said(part) or ""
    return text


# OpenAI


def test_openai_s_client_reads_chat_completions(replayed: Make) -> None:
    with (
        replayed("openai-chat", *SAYING, "--model", "m-1") as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
        client.chat.completions.stream(model="m-1", messages=QUESTION) as stream,
    ):
        reasoning = "".join(
            (event.chunk.choices[0].delta.model_extra or {}).get("reasoning_content", "")
            for event in stream
            if event.type == "chunk" and event.chunk.choices
        )
        completion = stream.get_final_completion()
    (choice,) = completion.choices
    assert (choice.message.content, reasoning) == (TEXT, REASONING)
    (call,) = choice.message.tool_calls or ()
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", ARGUMENTS)
    assert choice.finish_reason == "tool_calls"
    assert completion.model == "m-1"
    assert completion.usage
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (12, 40)


def test_openai_s_client_raises_the_error_of_chat_completions(replayed: Make) -> None:
    with (
        replayed("openai-chat", *BREAKING) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
    ):
        parts = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        assert until_error(openai.APIError, parts, lambda p: p.choices[0].delta.content) == TEXT


def test_openai_s_client_reads_responses(replayed: Make) -> None:
    with (
        replayed("openai-responses", *SAYING, "--model", "m-1") as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
        client.responses.stream(model="m-1", input="Hello") as events,
    ):
        pieces: dict[str, str] = {}
        for event in events:
            if event.type.endswith(".delta"):
                pieces[event.type] = pieces.get(event.type, "") + event.delta
        response = events.get_final_response()
    assert response.output_text == TEXT
    reasoning, _, call = response.output
    assert reasoning.type == "reasoning"
    assert [each.text for each in reasoning.summary] == [REASONING]
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("weather", ARGUMENTS)
    assert pieces == {
        "response.reasoning_summary_text.delta": REASONING,
        "response.output_text.delta": TEXT,
        "response.function_call_arguments.delta": call.arguments,
    }
    assert (response.status, response.model) == ("completed", "m-1")
    assert response.usage
    assert (response.usage.input_tokens, response.usage.output_tokens) == (12, 40)


def test_openai_s_client_reads_the_error_of_responses(replayed: Make) -> None:
    said, errors = "", []
    with (
        replayed("openai-responses", *BREAKING) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
    ):
        for event in client.responses.create(model="m", input="Hello", stream=True):
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "error":
                errors.append(event.message)
    assert (said, errors) == (TEXT, [ERROR])


# Anthropic


def test_anthropic_s_client_reads_messages(replayed: Make) -> None:
    with (
        replayed("anthropic", *SAYING, "--model", "m-1") as url,
        anthropic.Anthropic(base_url=url, api_key="none") as client,
        client.messages.stream(model="m-1", max_tokens=9, messages=QUESTION) as events,
    ):
        message = events.get_final_message()
    thinking, text, call = message.content
    assert (thinking.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert (thinking.thinking, text.text) == (REASONING, TEXT)
    assert (call.name, call.input) == ("weather", ARGUMENTS)
    assert (message.model, message.role, message.stop_reason) == ("m-1", "assistant", "tool_use")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (12, 40)


def test_anthropic_s_client_raises_the_error(replayed: Make) -> None:
    with (
        replayed("anthropic", *BREAKING) as url,
        anthropic.Anthropic(base_url=url, api_key="none") as client,
        client.messages.stream(model="m", max_tokens=9, messages=QUESTION) as events,
    ):
        assert until_error(anthropic.APIStatusError, events.text_stream, str) == TEXT


# Google


@contextmanager
def google(url: str) -> Iterator[genai.Client]:
    options: Any = {"base_url": url}
    with closing(genai.Client(api_key="none", http_options=options)) as client:
        yield client


def test_google_s_client_reads_generated_content(replayed: Make) -> None:
    said: dict[bool, str] = {True: "", False: ""}
    calls, stops, usage = [], [], None
    with replayed("gemini", *SAYING, "--model", "m-1") as url, google(url) as client:
        for chunk in client.models.generate_content_stream(model="m-1", contents="Hello"):
            assert chunk.model_version == "m-1"
            usage = chunk.usage_metadata or usage
            for candidate in chunk.candidates or ():
                stops += [candidate.finish_reason.value] if candidate.finish_reason else []
                for part in (candidate.content and candidate.content.parts) or ():
                    said[bool(part.thought)] += part.text or ""
                    if part.function_call:
                        calls.append((part.function_call.name, part.function_call.args))
    assert said == {True: REASONING, False: TEXT}
    assert calls == [("weather", ARGUMENTS)]
    assert stops == ["STOP"]
    assert usage
    assert (usage.prompt_token_count, usage.candidates_token_count) == (12, 40)


def test_google_s_client_raises_the_error(replayed: Make) -> None:
    with replayed("gemini", *BREAKING, "--model", "m-1") as url, google(url) as client:
        chunks = client.models.generate_content_stream(model="m-1", contents="Hello")
        assert until_error(google_errors.APIError, chunks, lambda chunk: chunk.text) == TEXT


# Ollama


def test_ollama_s_client_reads_its_lines(replayed: Make) -> None:
    said, reasoning, calls, last = "", "", [], None
    with replayed("ollama", *SAYING, "--model", "m-1") as url:
        client = OllamaClient(host=url)
        for last in client.chat(model="m-1", messages=QUESTION, stream=True):
            said += last.message.content or ""
            reasoning += last.message.thinking or ""
            calls += [
                (c.function.name, c.function.arguments) for c in last.message.tool_calls or ()
            ]
        client._client.close()  # it has no way of its own
    assert (said, reasoning, calls) == (TEXT, REASONING, [("weather", ARGUMENTS)])
    assert last
    assert (last.model, last.done, last.done_reason) == ("m-1", True, "stop")
    assert (last.prompt_eval_count, last.eval_count) == (12, 40)


def test_ollama_s_client_raises_the_error(replayed: Make) -> None:
    with replayed("ollama", *BREAKING) as url:
        client = OllamaClient(host=url)
        parts = client.chat(model="m", messages=QUESTION, stream=True)
        assert until_error(ResponseError, parts, lambda part: part.message.content) == TEXT
        client._client.close()


# Cohere, and Bedrock by AWS: their packages are large, and in the group `clients`.


def test_cohere_s_client_reads_chats(replayed: Make) -> None:
    cohere = pytest.importorskip("cohere")
    said: dict[str, str] = {"text": "", "thinking": "", "name": "", "arguments": ""}
    end: Any = None
    with replayed("cohere", *SAYING) as url, httpx.Client(trust_env=False) as sending:
        client = cohere.ClientV2(api_key="none", base_url=url, httpx_client=sending)
        for event in client.chat_stream(model="m", messages=QUESTION):
            if event.type == "content-delta":
                said["text"] += event.delta.message.content.text or ""
                said["thinking"] += event.delta.message.content.thinking or ""
            elif event.type == "tool-call-start":
                said["name"] = event.delta.message.tool_calls.function.name
            elif event.type == "tool-call-delta":
                said["arguments"] += event.delta.message.tool_calls.function.arguments
            elif event.type == "message-end":
                end = event.delta
    assert json.loads(said.pop("arguments")) == ARGUMENTS
    assert said == {"text": TEXT, "thinking": REASONING, "name": "weather"}
    assert end.finish_reason == "TOOL_CALL"
    assert (end.usage.tokens.input_tokens, end.usage.tokens.output_tokens) == (12, 40)


def test_cohere_s_client_reads_the_error(replayed: Make) -> None:
    cohere = pytest.importorskip("cohere")
    with replayed("cohere", *BREAKING) as url, httpx.Client(trust_env=False) as sending:
        client = cohere.ClientV2(api_key="none", base_url=url, httpx_client=sending)
        *_, last = client.chat_stream(model="m", messages=QUESTION)
    assert (last.delta.finish_reason, last.delta.error) == ("ERROR", ERROR)


@contextmanager
def bedrock(url: str) -> Iterator[Any]:
    boto3 = pytest.importorskip("boto3")
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    settings = {"region_name": "us-east-1", "endpoint_url": url, **keys}
    with closing(boto3.client("bedrock-runtime", **settings)) as client:
        yield client


ASKED: Any = [{"role": "user", "content": [{"text": "How is the weather?"}]}]


def test_aws_s_client_reads_bedrock(replayed: Make) -> None:
    said: dict[str, str] = {"text": "", "thinking": "", "name": "", "arguments": ""}
    others: dict[str, Any] = {}
    with replayed("bedrock-converse", *SAYING, "--model", "m-1") as url, bedrock(url) as client:
        for event in client.converse_stream(modelId="m-1", messages=ASKED)["stream"]:
            ((kind, value),) = event.items()
            if kind == "contentBlockDelta":
                delta = value["delta"]
                said["text"] += delta.get("text", "")
                said["thinking"] += delta.get("reasoningContent", {}).get("text", "")
                said["arguments"] += delta.get("toolUse", {}).get("input", "")
            elif kind == "contentBlockStart":
                said["name"] = value["start"]["toolUse"]["name"]
            else:
                others[kind] = value
    assert json.loads(said.pop("arguments")) == ARGUMENTS
    assert said == {"text": TEXT, "thinking": REASONING, "name": "weather"}
    assert others["messageStop"]["stopReason"] == "tool_use"
    usage = {"inputTokens": 12, "outputTokens": 40, "totalTokens": 52}
    assert others["metadata"]["usage"] == usage


def test_aws_s_client_raises_the_error(replayed: Make) -> None:
    exceptions = pytest.importorskip("botocore.exceptions")
    with replayed("bedrock-converse", *BREAKING, "--model", "m-1") as url, bedrock(url) as client:
        events = client.converse_stream(modelId="m-1", messages=ASKED)["stream"]

        def said(event: Any) -> str:
            return str(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))

        assert until_error(exceptions.EventStreamError, events, said) == TEXT
        events.close()


# The Model Context Protocol


def opened_session(raw_capture: Callable[..., bytes]) -> Iterator[bytes]:
    """What precedes a call in a session: recorded elsewhere, as `make` writes results of tools."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "made", "version": "1"},
    }
    tool = {"name": "ask", "inputSchema": {"type": "object"}}
    methods = {"initialize": hello, "tools/list": {"tools": [tool]}}
    for number, (method, result) in enumerate(methods.items()):
        asked = json.dumps({"jsonrpc": "2.0", "id": number, "method": method}).encode()
        answer = json.dumps({"jsonrpc": "2.0", "id": number, "result": result})
        yield raw_capture(
            [(0.0, b"event: message\ndata: %b\n\n" % answer.encode())],
            url="http://localhost:8000/mcp",
            method="POST",
            body=asked,
        )
    yield raw_capture(
        url="http://localhost:8000/mcp",
        method="POST",
        body=b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
        status=202,
        headers=[("content-length", "0")],
    )


@pytest.mark.parametrize("words", [("--text", TEXT), ("--error", ERROR)])
def test_mcp_s_client_reads_the_result_of_a_tool(
    words: tuple[str, str], tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    for number, capture in enumerate(opened_session(raw_capture)):
        (tmp_path / f"{number}.ssetape").write_bytes(capture)
    make(tmp_path / "made.ssetape", "mcp", *words)
    captures = [ssetape.open(path) for path in sorted(tmp_path.iterdir())]
    with serving(captures, Pace(instant=True)) as url:
        done = subprocess.run(
            [sys.executable, "-c", _ASK, f"{url}/mcp"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, words[1]), done.stderr


_ASK = """
import sys
import anyio
from mcp import McpError
from mcp.client.session import ClientSession
try:
    from mcp.client.streamable_http import streamable_http_client
except ImportError:  # the package before 1.24
    from mcp.client.streamable_http import streamablehttp_client as streamable_http_client

async def main(url):
    async with streamable_http_client(url) as streams, ClientSession(*streams[:2]) as session:
        with anyio.fail_after(30):
            await session.initialize()
            try:
                result = await session.call_tool("ask", {"question": "Hello"})
                print(result.content[0].text, end="")
            except McpError as error:
                print(error.error.message, end="")

anyio.run(main, sys.argv[1])
"""


# Vercel's AI SDK, which reads its own stream, too


def test_vercel_s_ai_sdk_reads_every_protocol_that_it_knows(tmp_path: Path) -> None:
    protocols = ("openai-chat", "openai-responses", "anthropic", "gemini", "vercel-ui")
    with ExitStack() as stack:
        asked = []
        for protocol in protocols:
            for name, words in (("said", SAYING), ("broken", BREAKING)):
                path = tmp_path / f"{protocol}-{name}.ssetape"
                make(path, protocol, *words)
                url = stack.enter_context(serving([ssetape.open(path)], Pace(instant=True)))
                asked.append([f"{protocol} {name}", protocol, url])
        told = node("made", "@ai-sdk/google", asked)
    for protocol in protocols:
        said, broken = told[f"{protocol} said"], told[f"{protocol} broken"]
        # It leaves out the reasoning of chat completions, whose name OpenAI does not know.
        assert said["reasoning"] == ("" if protocol == "openai-chat" else REASONING)
        assert (said["text"], said["calls"], said["errors"]) == (TEXT, [["weather", ARGUMENTS]], [])
        assert said["usage"] == [12, 40]
        assert said.get("stop", "tool-calls") == "tool-calls"
        assert broken["text"] == TEXT
        assert any(ERROR in json.dumps(error) for error in broken["errors"]), broken
