"""The captures in samples/ are what the sample server's scripts say."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import ssetape
from ssetape.samples import chat, record_captures
from ssetape.samples.streams import STREAMS, Stream

FOLDER = Path(record_captures.__file__).parent


@pytest.mark.parametrize(
    ("name", "path", "body"), record_captures.CAPTURES, ids=[c[0] for c in record_captures.CAPTURES]
)
def test_a_capture_holds_what_was_scripted(name: str, path: str, body: str | None) -> None:
    capture = ssetape.open(FOLDER / f"{name}.ssetape")
    assert urlsplit(capture.request.url).path == path
    script = scripted(path, body)
    pieces = [(piece.t_s, piece.data) for piece in script.pieces]
    chunks = list(capture.chunks())
    assert [chunk.data for chunk in chunks] == [data for _, data in pieces]
    # Recorded on a machine with other work to do: never early, and not by much late.
    for chunk, (t_s, _) in zip(chunks, pieces, strict=True):
        assert t_s - 0.001 <= chunk.t_s < t_s + 0.1
    assert capture.end is not None
    assert (capture.end.reason == "complete") == (script.end == "complete")


def test_every_capture_there_is_listed() -> None:
    listed = {f"{name}.ssetape" for name, _, _ in record_captures.CAPTURES}
    assert {path.name for path in FOLDER.glob("*.ssetape")} == listed


def scripted(path: str, body: str | None) -> Stream:
    if body is None:
        return STREAMS[path.removeprefix("/streams/")]
    asked = json.loads(body)
    return chat.answer(asked["message"], "reel-1", asked.get("encoding", "full"))
