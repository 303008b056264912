"""`ssetape show`."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import assert_told, on_a_terminal, run, run_shell

from ssetape.cli.terminal import rows

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

EVENT_KEYS = ["t", "t_first", "event", "data", "id", "retry", "said"]
CHUNK_KEYS = ["t", "size"]

# A character cut in two, CRLF, two events in one chunk, an event over three chunks, a comment.
CHUNKS = [
    (0.4, b": keep-alive\n\n"),
    (1.0, b"retry: 3000\nid: 1\ndata: caf\xc3"),
    (1.25, b"\xa9\n"),
    (1.5, b"\n"),
    (2.0, b"event: note\r\ndata: two\r\ndata: lines\r\n\r\ndata: x\n\n"),
]
BODY = b"".join(data for _, data in CHUNKS)


# For programs


def test_json_is_a_line_an_event_with_always_the_same_keys(
    invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", "--json", capture_file(CHUNKS))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [list(line) for line in lines] == [EVENT_KEYS] * 3
    assert [list(line.values()) for line in lines] == [
        [1.5, 1.0, "message", "café", "1", 3000, '"café"'],
        [2.0, 2.0, "note", "two\nlines", "1", None, ""],
        [2.0, 2.0, "message", "x", "1", None, '"x"'],
    ]


def test_chunks_as_json_are_a_line_a_chunk_with_always_the_same_keys(
    invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", "--chunks", "--json", capture_file(CHUNKS))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [list(line) for line in lines] == [CHUNK_KEYS] * 5
    assert [(line["t"], line["size"]) for line in lines] == [(t, len(data)) for t, data in CHUNKS]


@pytest.mark.parametrize(
    "body",
    [BODY, bytes(range(256)), b"\r\n\x00\xff", b"", gzip.compress(b"data: x\n\n")],
    ids=["events", "every byte", "no text", "nothing", "compressed"],
)
def test_raw_is_the_bytes_of_the_body_and_nothing_else(
    body: bytes, capture_file: Write, invoke: Invoke
) -> None:
    chunks = [(0.0, body[:7]), (0.1, body[7:])] if body else []
    result = invoke("show", "--raw", capture_file(chunks, headers=[("content-encoding", "gzip")]))
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (0, body, "")


@pytest.mark.parametrize("words", [["--chunks"], ["--json"], ["--chunks", "--json"]], ids=" ".join)
def test_raw_goes_with_no_other_form(words: list[str], invoke: Invoke, capture_file: Write) -> None:
    result = invoke("show", "--raw", *words, capture_file(CHUNKS))
    assert result.exit_code == 2
    assert "leave out --chunks and --json" in result.stderr


@pytest.mark.parametrize("words", [[], ["--json"], ["--chunks"], ["--raw"]], ids=" ".join)
def test_a_dash_shows_what_comes_from_a_pipe(
    words: list[str], invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file(CHUNKS)
    outcome = run_shell(f"cat '{path}' | \"$@\"", "show", *words, "-")
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert outcome.stdout == invoke("show", *words, path).stdout_bytes


def test_events_are_shown_as_decoded_from_their_content_encoding(
    invoke: Invoke, capture_file: Write
) -> None:
    body = gzip.compress(b"data: squeezed\n\n")
    path = capture_file(
        [(0.1, body[:20]), (0.2, body[20:])], headers=[("content-encoding", "gzip")]
    )
    line = json.loads(invoke("show", "--json", path).stdout)
    assert (line["data"], line["t"]) == ("squeezed", 0.2)


# For people


def test_people_see_request_and_head_and_each_event_at_its_time(
    invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", capture_file(CHUNKS, head_s=0.25, end_s=2.5))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "GET http://origin.test/stream HTTP/1.1",
        "     0.250     +0.250  HTTP/1.1 200 OK  text/event-stream",
        "     0.400     +0.150  : keep-alive",
        "     1.500     +1.100  message #1 retry=3000  café",
        "     2.000     +0.500  note #1     two\\nlines",
        "     2.000     +0.000  message #1  x",
        "     2.500             complete",
    ]


def test_people_see_each_chunk_with_its_size(invoke: Invoke, capture_file: Write) -> None:
    result = invoke("show", "--chunks", capture_file(CHUNKS, head_s=0.25, end="upstream_cut"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "GET http://origin.test/stream HTTP/1.1",
        "     0.250     +0.250  HTTP/1.1 200 OK  text/event-stream",
        "     0.400     +0.150       14 B  : keep-alive\\n\\n",
        "     1.000     +0.600       28 B  retry: 3000\\nid: 1\\ndata: caf\\xc3",
        "     1.250     +0.250        2 B  \\xa9\\n",
        "     1.500     +0.250        1 B  \\n",
        "     2.000     +0.500       48 B  "
        "event: note\\r\\ndata: two\\r\\ndata: lines\\r\\n\\r\\ndata: x\\n\\n",
        "     2.000             upstream_cut",
    ]


def test_an_exchange_without_a_response_is_shown_to_have_none(
    invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", capture_file(status=None, end="client_closed", end_s=3.0))
    assert result.exit_code == 0
    assert "no response head" in result.stdout
    assert "3.000             client_closed" in result.stdout


def test_an_event_that_the_stream_leaves_unfinished_is_told_and_not_shown(
    invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", "--json", capture_file([(0.0, b"data: one\n\ndata: tw")], end="cut"))
    assert [json.loads(line)["data"] for line in result.stdout.splitlines()] == ["one"]
    assert "ends within an event, which starts at byte 11" in result.stderr


@pytest.mark.parametrize("verb", ["show", "tail"])
def test_what_is_said_of_the_end_comes_after_the_rows(verb: str, capture_file: Write) -> None:
    path = capture_file([(0.0, b"data: one\n\ndata: tw")], end="cut")
    _, shown = on_a_terminal(200, verb, path, has_stderr=True)
    _, _, row, end, remark = shown.splitlines()
    assert row.endswith("one")
    assert "cut" in end
    assert "ends within an event" in remark


# Captures that are not whole: the good part first, then what is wrong.

DAMAGE = {
    "a line that is no JSON": (b"damage\n", "line 8: expected a record [time, code, ...]"),
    "a record without a time": (b'["x", "<", "y"]\n', "line 8: expected a record [seconds"),
    "a chunk that is no text": (b'[3.0, "<", 5]\n', "line 8: chunk: expected a string"),
    "a chunk that is no base64": (b'[3.0, "<b", "!"]\n', "line 8: chunk: not base64"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("words", [[], ["--json"], ["--chunks"], ["--raw"]], ids=" ".join)
def test_of_a_damaged_capture_the_good_part_comes_first(
    words: list[str], damage: str, capture_file: Write, invoke: Invoke
) -> None:
    content, message = DAMAGE[damage]
    whole = invoke("show", *words, capture_file(CHUNKS, end=None)).stdout
    result = invoke("show", *words, capture_file(CHUNKS, end=None, tail=content))
    assert result.exit_code == 1
    assert message in result.stderr
    good = [line for line in whole.splitlines() if "interrupted" not in line]
    assert result.stdout.splitlines() == good
    assert good


def test_the_good_part_is_printed_before_the_damage_is_told(capture_file: Write) -> None:
    path = capture_file(CHUNKS, end=None, tail=b"damage\n")
    *good, last = run_shell('"$@" 2>&1', "show", path).stdout.decode().splitlines()
    assert "note" in good[-2]
    assert last.startswith("Error: ")


@pytest.mark.parametrize("words", [[], ["--json"], ["--chunks"], ["--raw"]], ids=" ".join)
def test_of_a_torn_capture_the_whole_lines_are_shown_and_the_torn_one_told(
    words: list[str], capture_file: Write, invoke: Invoke
) -> None:
    """Exit code 0: so looks every capture whose recorder is still writing, or was killed."""
    whole = invoke("show", *words, capture_file(CHUNKS, end=None))
    torn = invoke("show", *words, capture_file(CHUNKS, end=None, tail=b'[3.0, "<", "da'))
    assert torn.exit_code == 0
    assert torn.stdout == whole.stdout
    assert torn.stderr.startswith("ssetape: line 8 is torn after 14 bytes")
    assert whole.stderr == ""


def test_a_capture_without_an_end_is_shown_as_interrupted(
    capture_file: Write, invoke: Invoke
) -> None:
    result = invoke("show", capture_file(CHUNKS, end=None))
    assert result.exit_code == 0
    assert "interrupted" in result.stdout.splitlines()[-1]


REFUSED = {
    "nothing": (b"", "is empty: expected a capture"),
    "an empty line": (b"\n", "is empty: expected a capture"),
    "text": (b"hello\n", "line 1: not a capture"),
    "an archive": (b"PK\x03\x04\x00\x00", "line 1: not a capture"),
    "another JSON object": (b'{"log": {}}\n', 'the key "ssetape"'),
    "a JSON list": (b"[1, 2]\n", 'the key "ssetape"'),
    "a later version": (b'{"ssetape": 2}\n', "format version 2 is not supported, only 1"),
    "a version in words": (b'{"ssetape": "one"}\n', "format version 'one' is not supported"),
    "a torn first line": (b'{"ssetape": 1, "requ', "and the line is torn"),
    "no request": (b'{"ssetape": 1}\n', "request: expected an object, found None"),
    "no URL": (b'{"ssetape": 1, "request": {"method": "GET"}}\n', "request.url: expected a string"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_capture_is_refused_in_words(
    what: str, capture_file: Write, invoke: Invoke
) -> None:
    content, message = REFUSED[what]
    path = capture_file(content)
    for words in ([], ["--json"], ["--raw"], ["--chunks"]):
        result = invoke("show", *words, path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {path}")
        assert message in result.stderr


def test_a_folder_without_captures_is_refused_in_words(tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("show", tmp_path)
    assert result.exit_code == 1
    assert f"Error: there are no captures in '{tmp_path}': " in result.stderr


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "compress"])
def test_a_body_that_does_not_decode_is_told_and_can_still_be_shown_raw(
    coding: str, capture_file: Write, invoke: Invoke
) -> None:
    path = capture_file([(0.0, b"\xffdata: x\n\n")], headers=[("content-encoding", coding)])
    result = invoke("show", path)
    assert result.exit_code == 1
    assert coding in result.stderr
    assert result.stdout.startswith("GET http://origin.test/stream")
    raw = invoke("show", "--raw", path)
    assert (raw.exit_code, raw.stdout_bytes) == (0, b"\xffdata: x\n\n")


@pytest.mark.parametrize("masked", [5, None, "x", {"a": 1}, [1]], ids=repr)
def test_marks_of_masking_that_are_none_are_passed_over(
    masked: object, raw_capture: Raw, capture_file: Write, invoke: Invoke
) -> None:
    content = raw_capture([(0.0, b"data: x\n\n")])
    marks = b'"status": 200, "masked": {"headers": %b}' % json.dumps(masked).encode()
    path = capture_file(content.replace(b'"status": 200', marks))
    result = invoke("show", "--json", path)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["data"] == "x"


def test_a_file_that_ends_in_the_middle_of_a_read_is_no_traceback(capture_file: Write) -> None:
    path = capture_file(CHUNKS)
    assert_told(run("show", "/dev/null"), "/dev/null: is a pipe or a device")
    assert_told(run("show", path / "x"), "Not a directory")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_is_no_event_stream_is_told(
    options: list[str], invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file(
        [(1.0, b"<p>\n"), (2.0, b"</p>\n")],
        headers=[("Content-Type", "text/html")],
    )
    result = invoke("show", *options, path)
    assert result.exit_code == 0
    assert result.stderr == (
        "ssetape: the body has no messages, as it is not a stream: try --chunks or --raw\n"
    )


# Other framings, and what is chosen


NDJSON = [("Content-Type", "application/x-ndjson")]


def test_lines_and_frames_are_messages_as_well(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(1.0, b'{"a": 1}\n{"b"'), (2.0, b": 2}\n")], headers=NDJSON)
    lines = [json.loads(line) for line in invoke("show", "--json", path).stdout.splitlines()]
    assert [list(line) for line in lines] == [EVENT_KEYS] * 2
    assert [list(line.values()) for line in lines] == [
        [1.0, 1.0, "", '{"a": 1}', "", None, None],
        [2.0, 1.0, "", '{"b": 2}', "", None, None],
    ]
    assert invoke("show", path).stdout.splitlines()[2:4] == [
        '     1.000     +1.000  {"a": 1}',
        '     2.000     +1.000  {"b": 2}',
    ]


def test_full_data_is_indented_below_its_line(invoke: Invoke, capture_file: Write) -> None:
    chunks = [(1.0, b'data: {"a":[1,"\\u001b"]}\n\n'), (2.0, b"data: x\ndata: y\n\n: c\n")]
    assert invoke("show", "--full", capture_file(chunks)).stdout.splitlines()[2:] == [
        "     1.000     +1.000  message",
        "    {",
        '      "a": [',
        "        1,",
        '        "\\u001b"',
        "      ]",
        "    }",
        "     2.000     +1.000  message",
        "    x",
        "    y",
        "     2.000     +0.000  : c",
        "     2.000             complete",
    ]


def test_full_chunks_are_the_body_with_the_borders_in_it(
    invoke: Invoke, capture_file: Write
) -> None:
    shown = invoke("show", "--chunks", "--full", capture_file(CHUNKS, head_s=0.25)).stdout
    assert shown.partition("event-stream\n")[2].startswith(
        "|+150 ms|: keep-alive\n\n|+600 ms|retry: 3000\nid: 1\ndata: caf\\xc3|+250 ms|\\xa9\n"
    )


@pytest.mark.parametrize(
    ("words", "data"),
    [
        (["--head", "1"], ["café"]),
        (["--head", "0"], []),
        (["--tail", "2"], ["two\nlines", "x"]),
        (["--since", "1.6"], ["two\nlines", "x"]),
        (["--until", "1.5"], ["café"]),
        (["--event", "note"], ["two\nlines"]),
        (["--grep", "^x|caf"], ["café", "x"]),
        (["--grep", "x", "--head", "1"], ["x"]),
    ],
)
def test_what_is_chosen(
    words: list[str], data: list[str], invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("show", "--json", *words, capture_file(CHUNKS))
    assert [json.loads(line)["data"] for line in result.stdout.splitlines()] == data


@pytest.mark.parametrize(
    "words", [["--raw", "--head", "1"], ["--chunks", "--grep", "x"], ["--full", "--json"]]
)
def test_what_does_not_go_together_is_misuse(
    words: list[str], invoke: Invoke, capture_file: Write
) -> None:
    assert invoke("show", *words, capture_file(CHUNKS)).exit_code == 2


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--tail", "2"], 2),
        (["--since", "1.9"], 2),
        (["--event", "note"], 1),
        (["--grep", "x"], 1),
        (["--head", "1", "--since", "1.2"], 1),
    ],
)
def test_a_gap_is_to_the_message_before_even_if_that_is_not_shown(
    invoke: Invoke, capture_file: Write, options: list[str], count: int
) -> None:
    path = capture_file(CHUNKS)
    everything = invoke("show", path).stdout.splitlines()
    shown = invoke("show", *options, path).stdout.splitlines()
    assert len(shown) == len(everything) - 4 + count
    assert set(shown) <= set(everything)


def chat(*choices: str, usage: str = "") -> bytes:
    return f'data: {{"model":"gpt-4o","choices":[{",".join(choices)}]{usage}}}\n\n'.encode()


def delta(fields: str) -> str:
    return f'{{"index":0,"delta":{{{fields}}}}}'


def called(arguments: str, name: str = "") -> str:
    function = f'"name":"{name}",' if name else ""
    function += f'"arguments":{json.dumps(arguments)}'
    return delta(f'"tool_calls":[{{"index":0,"function":{{{function}}}}}]')


ANSWER = [
    (0.413, chat(delta('"role":"assistant","content":""'))),
    (0.447, chat(delta('"content":"Let"'))),
    (0.45, chat(delta('"content":" me look."'))),
    (0.462, chat(called('{"ci', "get_weather"))),
    (0.471, chat(called('ty":"Paris"}'))),
    (0.48, chat('{"index":0,"delta":{},"finish_reason":"tool_calls"}')),
    (0.481, chat(usage=',"usage":{"prompt_tokens":12,"completion_tokens":40}')),
    (0.481, b"data: [DONE]\n\n"),
]


def test_rows_say_what_the_documentation_shows(
    invoke: Invoke, capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://api.openai.com/v1/chat/completions"
    path = capture_file(ANSWER, method="POST", url=url, head_s=0.412, end_s=0.482)
    monkeypatch.setattr(rows, "terminal_width", lambda: 80)
    shown = invoke("show", path).stdout
    page = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text()
    assert f"```text\n{shown}```" in page
    assert max(map(len, shown.splitlines())) <= 80


def test_data_is_shown_in_place_of_words(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(ANSWER)
    assert '"Let"  ' in invoke("show", path).stdout
    first = invoke("show", "--data", path).stdout.splitlines()[2]
    assert first.endswith(f"  message     {ANSWER[0][1][6:-2].decode()}")
    assert '"Let"  ' not in invoke("show", "--data", path).stdout
    assert invoke("tail", "--data", "-n", "1", path).stdout.splitlines()[2].endswith("[DONE]")
    for words in (["show", "--json"], ["show", "--full"], ["show", "--raw"], ["tail", "--json"]):
        assert "leave out" in invoke(*words, "--data", path).stderr


def test_a_path_shows_what_it_selects_and_no_words(invoke: Invoke, capture_file: Write) -> None:
    shown = invoke("show", "--path", "choices[0].delta.content", capture_file(ANSWER)).stdout
    assert [line.split()[3:] for line in shown.splitlines()[3:5]] == [["Let"], ["me", "look."]]
