import json
from collections.abc import Callable
from pathlib import Path

from ssetape.capture import Capture
from ssetape.comparing.events import event_differences
from ssetape.page.differences import DATA_CHARACTERS, rows

Write = Callable[..., Path]


def chat(text: str) -> bytes:
    value = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def test_each_pair_says_what_both_added(capture_file: Write) -> None:
    first = Capture(capture_file([(1.0, chat("a")), (2.0, chat("b"))]))
    second = Capture(capture_file([(1.0, chat("a")), (2.0, chat("c")), (3.0, chat("d"))]))
    found = rows(event_differences(first, second, 10), first, second)
    said = [[event and (event[0], event[3]) for event in pair] for pair in found]
    assert said == [
        [(1, [["text", '"b"']]), (1, [["text", '"c"']])],
        [None, (2, [["text", '"d"']])],
    ]
    assert found[0][0] is not None
    assert json.loads(found[0][0][2])["choices"][0]["delta"]["content"] == "b"


def test_of_a_long_event_there_is_the_beginning_and_its_length(capture_file: Write) -> None:
    first = Capture(capture_file([(1.0, b"data: " + b"x" * 5000 + b"\n\n")]))
    second = Capture(capture_file([(1.0, b"data: y\n\n")]))
    ((one, other),) = rows(event_differences(first, second, 10), first, second)
    assert one is not None
    assert other is not None
    assert (len(one[2]), one[4], other[4]) == (DATA_CHARACTERS, 5000, None)
