"""`ssetape stats`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Write = Callable[..., Path]
Invoke = Callable[..., Result]

CHUNKS = [
    (1.0, b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"12345678"}}]}\n\n'),
    (1.5, b'data: {"choices":[{"index":0,"delta":{"content":"1234\\u001b[31m"}}]}\n\n'),
    (3.5, b'event: x\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'),
]


def test_one_capture_for_people(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS, head_s=0.5, end_s=4.0)
    result = invoke("stats", path)
    assert (result.exit_code, result.stderr) == (0, "")
    size = sum(len(data) for _, data in CHUNKS)
    assert result.stdout.splitlines() == [
        f"{path}  openai-chat  m",
        "",
        "request sent           0.000     +0.000",
        "response head          0.500     +0.500",
        "first byte             1.000     +0.500",
        "first event            1.000     +0.000",
        "first text             1.000     +0.000",
        "last text              1.500     +0.500",
        "end of meaning         3.500     +2.000  stop",
        "end of transport       4.000     +0.500  complete",
        "",
        "gaps       p50 1.25 s   p90 1.85 s   p99 1.985 s   max 2 s",
        "    500 ms +         1 ████████████████████████████████████████",
        "       1 s +         0 ",
        "       2 s +         1 ████████████████████████████████████████",
        "over time  " + result.stdout.partition("over time  ")[2].partition("\n")[0],
        'stall      2 s before #2 x at 3.500: {"choices":[{"delta":{},"finish_reason":"stop"}]}',
        "stall      500 ms before #1 at 1.500: "
        '{"choices":[{"index":0,"delta":{"content":"1234\\u001b[31m"}}]}',
        f"size       3 events, 3 chunks, {size} bytes",
        f"rates      0.8 events/s, {size / 2.5:.0f} bytes/s",
        "tokens     4, 8.0 tokens/s (estimated: 4 characters per token)",
    ]


def test_what_other_tools_would_report(invoke: Invoke, capture_file: Write) -> None:
    shown = invoke("stats", "--tools", capture_file(CHUNKS)).stdout
    assert "AIPerf, GenAI-Perf  TTFT" in shown
    assert "vllm bench serve    TPOT" in shown
    assert "https://github.com/vllm-project/vllm/" in shown
    raw = invoke("stats", "--tools", capture_file([(1, b'data: {"a":1}\n\n')]))
    assert "this stream's protocol is unknown" in raw.stderr


def test_json_is_a_line_a_capture(invoke: Invoke, capture_file: Write) -> None:
    paths = [capture_file(CHUNKS, head_s=0.5, end_s=4.0), capture_file([], end=None)]
    result = invoke("stats", "--json", *paths)
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["milestones"]["first_text"] == 1.0
    assert first["gaps"] == pytest.approx({"p50": 1.25, "p90": 1.85, "p99": 1.985, "max": 2.0})
    assert first["stalls"][0]["number"] == 2
    assert (first["tokens"], first["tokens_reported"]) == (4, False)
    assert {(each["tool"], each["name"]): each["value"] for each in first["tools"]}[
        ("OpenTelemetry", "time_to_first_chunk")
    ] == 1.0
    assert second["gaps"] == {"p50": None, "p90": None, "p99": None, "max": None}
    assert (second["end"], second["milestones"]["end_of_transport"]) == (None, None)
    assert list(first) == list(second)


def test_several_captures_are_a_table_and_their_distribution(
    invoke: Invoke, capture_file: Write
) -> None:
    paths = [capture_file([(t_s, data) for t_s, data in CHUNKS]) for _ in range(2)]
    result = invoke("stats", *paths, capture_file([(9, b"data: a\n\n")]))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    headings = "head first byte first text last text end gap p50 p99 max events tokens/s file"
    assert " ".join(lines[0].split()) == headings
    assert len([line for line in lines if str(paths[0].parent) in line]) == 3
    assert "~8.0" in result.stdout
    [row] = [line for line in lines if line.startswith("first text")]
    assert row.split() == ["first", "text", "3", "1.000", "1.000", "7.400", "8.840", "9.000"]
    assert lines[-1] == "~ estimated: 4 characters per token"


def test_what_cannot_be_read_is_told_and_the_rest_measured(
    invoke: Invoke, capture_file: Write
) -> None:
    broken = capture_file(b"not a capture\n")
    damaged = capture_file(CHUNKS, end=None, tail=b"[9]\n")
    torn = capture_file(CHUNKS, end=None, tail=b'[9.0,"<"')
    result = invoke("stats", "--json", broken, damaged, torn, capture_file(CHUNKS))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "not a capture" in result.stderr
    assert "expected a record" in result.stderr
    assert "is torn after 8 bytes" in result.stderr


def test_an_error_in_the_stream_is_shown(invoke: Invoke, capture_file: Write) -> None:
    events = [CHUNKS[0], (2.0, b'data: {"error":{"message":"over\\nloaded"}}\n\n')]
    shown = invoke("stats", capture_file(events, end=None)).stdout
    assert "error in the stream: over\\nloaded" in shown
    assert "recording was interrupted" in shown
