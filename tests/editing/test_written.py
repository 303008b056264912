import json
from pathlib import Path

import ssetape
from ssetape.editing import written
from ssetape.format.values import Chunk, Message
from ssetape.format.writer import CaptureWriter


def test_chunks_and_messages_are_written_with_their_marks(tmp_path: Path) -> None:
    header = {"kind": "websocket", "request": {"method": "GET", "url": "ws://a.test/"}}
    writer = CaptureWriter(tmp_path / "a.ssetape", header)
    written.chunk(writer, Chunk(0.5, "é".encode()), [[0, 2, "key"]])
    written.chunk(writer, Chunk(0.6, b"\xff"), [[0, 1]])
    written.chunk(writer, Chunk(0.7, b"a"))
    message = Message(0.8, True, False, b"a", dropped=True, injected=True)
    written.message(writer, message, [[0, 1]])
    writer.end(1.0, "complete")
    lines = (tmp_path / "a.ssetape").read_text().splitlines()[1:]
    assert [json.loads(line) for line in lines] == [
        [0.5, "<", "é", {"masked": [[0, 2, "key"]]}],
        [0.6, "<b", "/w==", {"masked": [[0, 1]]}],
        [0.7, "<", "a"],
        [0.8, ">b", "YQ==", {"dropped": True, "injected": True, "masked": [[0, 1]]}],
        [1.0, "end", {"reason": "complete", "chunks": 4, "bytes": 5}],
    ]
    assert list(ssetape.open(tmp_path / "a.ssetape").messages())[-1] == message
