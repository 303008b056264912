"""`ssetape tail`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import TIMEOUT_S, command, environment

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

CHUNKS = [(float(n), b"data: %d\n\n" % n) for n in range(20)]


def data(text: str) -> list[str]:
    return [json.loads(line)["data"] for line in text.splitlines()]


def test_the_last_messages(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS)
    assert data(invoke("tail", "--json", path).stdout) == [str(n) for n in range(10, 20)]
    shown = invoke("tail", "-n", "1", path).stdout.splitlines()
    assert len(shown) == 4
    assert shown[2].endswith("message     19")
    assert shown[3].endswith("complete")


def test_the_newest_in_the_folder(
    invoke: Invoke, capture_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("tail").exit_code == 2
    (tmp_path / "captures").mkdir()
    assert "there are no captures" in invoke("tail").stderr
    (tmp_path / "captures" / "a.ssetape").write_bytes(capture_file(CHUNKS).read_bytes())
    assert data(invoke("tail", "-n", "1", "--json").stdout) == ["19"]


def test_one_being_recorded_is_followed_to_its_end(raw_capture: Raw, tmp_path: Path) -> None:
    whole = raw_capture(CHUNKS)
    path = tmp_path / "a.ssetape"
    place = whole.index(b'[5.0, "<"')
    path.write_bytes(whole[:place])
    words = command("tail", "-f", "-n", "2", "--json", path)
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment()) as program:
        assert program.stdout is not None
        first = [program.stdout.readline() for _ in range(2)]
        with path.open("ab") as file:
            file.write(whole[place:])
        rest = program.stdout.read()
        assert program.wait(TIMEOUT_S) == 0
    assert data(b"".join([*first, rest]).decode()) == [str(n) for n in range(3, 20)]


def test_other_framings_and_websockets_are_followed(
    invoke: Invoke, capture_file: Write, tmp_path: Path
) -> None:
    headers = [("content-type", "application/x-ndjson")]
    path = capture_file([(1.0, b'{"a":1}\n{"b'), (2.0, b'":2}\n')], headers=headers)
    assert data(invoke("tail", "-f", "--json", path).stdout) == ['{"a":1}', '{"b":2}']
    socket = tmp_path / "s.ssetape"
    socket.write_text(
        '{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"ws://a.test/"}}\n'
        '[0.1,"head",{"status":101,"headers":[]}]\n[0.2,">","hi"]\n[0.3,"<b","AA=="]\n'
        '[0.4,"end",{"reason":"complete"}]\n'
    )
    lines = [
        json.loads(line) for line in invoke("tail", "-f", "--json", socket).stdout.splitlines()
    ]
    assert [(line["from"], line["type"]) for line in lines] == [
        ("client", "text"),
        ("server", "binary"),
    ]


@pytest.mark.parametrize("verb", [["tail"], ["tail", "-f"], ["show"]])
def test_damage_is_reported_after_the_messages_before_it(
    invoke: Invoke, capture_file: Write, verb: list[str]
) -> None:
    path = capture_file(CHUNKS, end=None, tail=b"{}\n")
    count = "--tail" if verb == ["show"] else "-n"
    result = invoke(*verb, "--json", count, "2", path)
    assert data(result.stdout) == ["18", "19"]
    assert result.exit_code == 1
    assert "expected a record" in result.stderr


@pytest.mark.parametrize("options", [["-n", "3"], ["-f", "-n", "3"]])
def test_a_gap_is_to_the_message_before_even_if_that_is_not_shown(
    invoke: Invoke, capture_file: Write, options: list[str]
) -> None:
    path = capture_file(CHUNKS)
    everything = invoke("show", path).stdout.splitlines()
    shown = invoke("tail", *options, path).stdout.splitlines()
    assert shown == [*everything[:2], *everything[-4:]]
    assert all("+1.000" in line for line in shown[2:5])
