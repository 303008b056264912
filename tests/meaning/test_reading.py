"""What captures say: real streams against what they are known to say, and damage of every kind."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import mutations, shape
from shared_data import FOLDER, cases

import ssetape
from ssetape import protocols
from ssetape.capture import Capture
from ssetape.errors import MessageError, SsetapeError
from ssetape.facts import Text
from ssetape.meaning.guarded import is_sound
from ssetape.meaning.reading import Meaning
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import messages_of

Write = Callable[..., Path]

REAL = cases("real/INDEX.json", "file")
# Streams of measurements and changes, which nobody answers with.
NO_ANSWERS = ("hystrix-stream (degenerate)", "wikimedia-eventstreams")
GAP_S = 0.01
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def write_real(case: dict[str, Any], write: Write, body: bytes | None = None) -> Path:
    """A capture of a real body, its lines a hundredth of a second apart."""
    body = (FOLDER / "real" / case["file"]).read_bytes() if body is None else body
    pieces = body.splitlines(keepends=True)
    request = (case["origin"].get("request") or {}) if "origin" in case else {}
    content_type = case["content_type"].partition(" (")[0]
    return write(
        [(n * GAP_S, piece) for n, piece in enumerate(pieces)],
        method="POST",
        url=request.get("url") or "http://a.test/x",
        headers=[("content-type", content_type)],
    )


def as_json(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def calls(found: list[dict[str, Any]]) -> list[tuple[Any, str, Any]]:
    return [(call["id"] or "", call["name"], as_json(call["arguments"])) for call in found]


@pytest.mark.parametrize("case", REAL)
def test_a_real_stream_says_what_it_is_known_to_say(
    case: dict[str, Any], capture_file: Write
) -> None:
    capture = ssetape.open(write_real(case, capture_file))
    answer = capture.answer()
    assert answer.problems == []
    if not case["expected_statements"]:
        return
    expected = case["expected"]
    assert answer.protocol is not None
    for name in ("text", "stop", "reasoning"):
        if name in expected:
            assert getattr(answer, name) == expected[name]
    found = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in answer.tool_calls]
    assert calls(found) == calls(expected.get("tool_calls", []))
    if "usage" in expected:
        assert answer.usage == expected["usage"]
    if "model" in expected:
        assert answer.model == expected["model"]
    if "error" in expected:
        assert answer.error


@pytest.mark.parametrize("case", REAL)
def test_no_message_of_a_real_stream_is_lost(case: dict[str, Any], capture_file: Write) -> None:
    capture = ssetape.open(write_real(case, capture_file))
    messages = [message for message, _ in Meaning.of(capture).read(capture.records())]
    if "sse" in case:
        assert len(messages) == case["sse"]["events"]
        assert [m.data for m in messages] == [event.data for event in capture.events()]
    elif "frames" in case:
        assert len(messages) == case["frames"]
    else:
        body = (FOLDER / "real" / case["file"]).read_bytes()
        assert len(messages) == sum(1 for line in body.split(b"\n") if line.strip())
    assert [m.t_s for m in messages] == sorted(m.t_s for m in messages)


@pytest.mark.parametrize("case", REAL)
def test_a_real_stream_is_of_one_protocol_alone(case: dict[str, Any], capture_file: Write) -> None:
    capture = ssetape.open(write_real(case, capture_file))
    first = list(messages_of(capture))[: protocols.FIRST_MESSAGES]
    clues = protocols.Clues(capture.request, capture.response, first)
    found = [each.NAME for each in protocols.all_protocols() if each.recognises(clues)]
    assert len(found) <= 1
    assert (found == []) == (case["protocol"] in NO_ANSWERS)
    # And whatever it is called by.
    elsewhere = clues._replace(request=ssetape.open(capture_file([])).request)
    again = [each.NAME for each in protocols.all_protocols() if each.recognises(elsewhere)]
    assert again == found


@pytest.mark.parametrize("case", REAL)
def test_a_stream_that_is_cut_anywhere_says_what_came(
    case: dict[str, Any], capture_file: Write
) -> None:
    body = (FOLDER / "real" / case["file"]).read_bytes()
    capture = ssetape.open(write_real(case, capture_file))
    whole = capture.text()
    replaced = any(isinstance(f.fact, Text) and f.fact.replaces for f in capture.facts())
    draw = random.Random(case["file"])
    for place in sorted(draw.sample(range(len(body)), min(12, len(body)))):
        cut = ssetape.open(write_real(case, capture_file, body[:place]))
        text = cut.text()
        assert replaced or whole.startswith(text)


@pytest.mark.parametrize("case", REAL)
def test_damage_is_told_and_no_other_error_comes(case: dict[str, Any], capture_file: Write) -> None:
    body = (FOLDER / "real" / case["file"]).read_bytes()[:20_000]
    draw = random.Random(case["file"])
    for _ in range(12):
        damaged = bytearray(body)
        for _ in range(draw.randint(1, 30)):
            place = draw.randrange(len(damaged))
            if draw.random() < 0.5:
                damaged[place] = draw.randrange(256)
            else:
                damaged[place : place + draw.randint(0, 20)] = bytes(
                    draw.choices(b'{}[]":,\\\n0dnull', k=draw.randint(0, 8))
                )
        path = write_real(case, capture_file, bytes(damaged))
        ssetape.open(path).answer().text.encode()


@pytest.mark.parametrize("place", range(1, 40))
def test_a_capture_torn_anywhere_says_what_came(
    place: int, raw_capture: Callable[..., bytes], capture_file: Write
) -> None:
    events = [
        b'data: {"choices":[{"index":0,"delta":{"content":"%d "}}]}\n\n' % n for n in range(9)
    ]
    whole = raw_capture([(n, event) for n, event in enumerate(events)])
    path = capture_file(whole[: len(whole) * place // 40])
    try:
        answer = ssetape.open(path).answer()
    except SsetapeError:
        assert place < 20  # nothing but the header, or less
        return
    assert "0 1 2 3 4 5 6 7 8 ".startswith(answer.text)


def test_facts_have_the_times_of_their_messages(capture_file: Write) -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    capture = ssetape.open(capture_file([(0.5, event[:9]), (1.5, event[9:])]))
    assert [(timed.t_s, timed.fact) for timed in capture.facts()] == [(1.5, Text("a"))]


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("application/json", b'[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n]', "a"),
        ("application/x-ndjson", b'{"response":"a","done":false}\n', "a"),
        ("text/plain", b'0:"a"\n', "a"),
        ("text/plain", b"\n data: a\n\n", ""),
        ("text/plain", b"data: a\n\n", "a"),
        ("text/html", b"<p>a</p>", ""),
        ("application/json", b'{"response":"a","done":true}', "a"),
        ("application/vnd.amazon.eventstream", b"no frame at all", ""),
        ("", b"", ""),
    ],
)
def test_a_body_is_framed_by_its_label_or_its_first_bytes(
    content_type: str, body: bytes, text: str, capture_file: Write
) -> None:
    path = capture_file([(0.1, body)], headers=[("content-type", content_type)])
    assert ssetape.open(path).text() == text


def test_a_websocket_has_its_messages_read(capture_file: Write, tmp_path: Path) -> None:
    lines = [
        '{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"wss://a.test/"}}',
        '[0.1,"head",{"status":101,"headers":[]}]',
        '[0.2,"<","{\\"type\\":\\"session.created\\",\\"session\\":{\\"model\\":\\"m\\"}}"]',
        '[0.3,">","{\\"type\\":\\"response.create\\"}"]',
        '[0.4,"<","{\\"type\\":\\"response.output_text.delta\\",\\"delta\\":\\"Hi\\"}"]',
        '[0.5,"<b","AAAA"]',
    ]
    path = tmp_path / "a.ssetape"
    path.write_text("\n".join(lines) + "\n")
    answer = ssetape.open(path).answer()
    assert (answer.protocol, answer.text, answer.model) == ("openai-realtime", "Hi", "m")


def test_too_many_problems_are_not_all_told(capture_file: Write) -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    path = capture_file([(0.1, event), (0.2, b"data: {torn\n\n" * 100)])
    problems = ssetape.open(path).answer().problems
    assert (len(problems), problems[-1]) == (21, "and more")


def hostile(message: StreamMessage) -> Iterator[StreamMessage]:
    """A message with a value of every type at every place of its JSON."""
    start = 2 if message.data[1:2] == ":" else 0  # the code of Vercel's lines
    try:
        value = json.loads(message.data[start:])
    except ValueError:
        return
    for text in mutations(value):
        yield message._replace(data=message.data[:start] + text)


def is_read(capture: Capture, share: int, draw: random.Random) -> int:
    """Read one of `share` mutations of a capture's messages, unguarded; return how many."""
    messages = list(messages_of(capture))
    clues = protocols.Clues(capture.request, capture.response, messages[:8])
    protocol = protocols.recognise(clues)
    shapes: set[Any] = set()
    count = 0
    reader = protocol.Reader() if protocol else None
    for message in messages:
        try:
            made = shape(json.loads(message.data)), message.name
        except ValueError:
            made = None, message.name
        odd_ones = hostile(message) if made not in shapes else iter(())
        shapes.add(made)
        for odd in [*(each for each in odd_ones if not draw.randrange(share)), message]:
            count += 1
            for each in () if draw.randrange(20) else protocols.all_protocols():
                each.recognises(clues._replace(messages=[odd, message]))
            try:
                for fact in reader.read(odd) if reader else ():
                    assert is_sound(fact)
            except MessageError:
                pass
    return count


# Of all mutations, some 230,000, this share is tried each time.
SHARE = 30


@pytest.mark.parametrize("case", REAL)
def test_values_of_every_type_at_every_place_stop_no_reader(
    case: dict[str, Any], capture_file: Write
) -> None:
    capture = ssetape.open(write_real(case, capture_file))
    read = is_read(capture, SHARE, random.Random(case["file"]))
    assert read or case["protocol"] in NO_ANSWERS


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.ssetape")))
def test_nor_do_they_in_samples(name: str) -> None:
    assert is_read(ssetape.open(SAMPLES / name), 2, random.Random(name))


@pytest.mark.programs
@pytest.mark.parametrize("case", REAL)
def test_not_one_of_all_such_values_stops_a_reader(
    case: dict[str, Any], capture_file: Write
) -> None:
    read = is_read(ssetape.open(write_real(case, capture_file)), 1, random.Random(1))
    assert read or case["protocol"] in NO_ANSWERS


def test_a_reader_that_fails_is_a_problem_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch, capture_file: Write
) -> None:
    def fail(*arguments: object) -> Any:
        raise KeyError("no such thing")

    event = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    capture = ssetape.open(capture_file([(0.5, event), (1.0, event)]))
    with monkeypatch.context() as patch:
        patch.setattr("ssetape.protocols.openai_chat.Reader.read_typed", fail)
        answer = capture.answer()
        assert (answer.protocol, answer.text, len(answer.problems)) == ("openai-chat", "", 2)
        patch.setattr("ssetape.protocols.openai_chat.Reader.read_typed", lambda *_: None)
        patch.setattr("ssetape.protocols.openai_chat.Reader.read", fail)
        assert capture.answer().problems == answer.problems
        problem = "message #1 at 0.500 s: the reader of openai-chat failed: KeyError"
        assert answer.problems[0].startswith(problem)
        assert capture.measure().events == 2
    monkeypatch.setattr("ssetape.protocols.anthropic.recognises", fail)
    answer = capture.answer()
    assert (answer.protocol, answer.text) == ("openai-chat", "aa")
    assert answer.problems == [
        "the protocol anthropic failed to recognise the stream: KeyError('no such thing')"
    ]


def test_another_package_can_bring_a_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capture_file: Write
) -> None:
    (tmp_path / "their_protocol.py").write_text(
        "from ssetape.facts import Text\n"
        "NAME = 'theirs'\n"
        "def recognises(clues): return clues.messages[0].data.startswith('{\"w\"')\n"
        "class Reader:\n"
        "    def read(self, message): yield Text('read')\n"
    )
    made = tmp_path / "their-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: their\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text("[ssetape.protocols]\ntheirs = their_protocol\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    protocols.all_protocols.cache_clear()
    try:
        answer = ssetape.open(capture_file([(0.1, b'data: {"w":1}\n\n')])).answer()
        assert (answer.protocol, answer.text) == ("theirs", "read")
        (tmp_path / "their_protocol.py").write_text("")
        (made / "entry_points.txt").write_text("[ssetape.protocols]\ntheirs = nowhere_at_all\n")
        protocols.all_protocols.cache_clear()
        with pytest.raises(SsetapeError, match=r"'theirs' \(nowhere_at_all\) cannot be loaded"):
            protocols.all_protocols()
    finally:
        protocols.all_protocols.cache_clear()
