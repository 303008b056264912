import json

import pytest
from protocol_samples import SAMPLES
from said import answer_of, facts_of, message

from ssetape import protocols
from ssetape.facts import Text
from ssetape.masking.pieces import messages

STREAMS = {
    "openai": (
        'data: {{"choices":[{{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}}]}}\n\n'
    ),
    "anthropic": (
        'event: content_block_delta\ndata: {{"type":"content_block_delta","index":0,'
        '"delta":{{"type":"text_delta","text":"{}"}}}}\n\n'
    ),
    "anthropic tool": (
        'data: {{"type":"content_block_delta","index":1,'
        '"delta":{{"type":"input_json_delta","partial_json":"{}"}}}}\n\n'
    ),
    "responses": 'data: {{"type":"response.output_text.delta","delta":"{}"}}\n\n',
    "chatgpt": 'data: {{"v": "{}"}}\n\n',
    "gemini": 'data: {{"candidates":[{{"content":{{"parts":[{{"text":"{}"}}]}}}}]}}\r\n\r\n',
    "ollama": '{{"model":"a","message":{{"role":"assistant","content":"{}"}},"done":false}}\n',
    "vercel": '0:"{}"\n',
    "plain": "data: {}\n\n",
}
PIECES = ["sk-pr", "oj-a1", "b2"]


@pytest.mark.parametrize("name", STREAMS)
def test_the_pieces_of_a_message_are_put_together(name: str) -> None:
    data = "".join(STREAMS[name].format(piece) for piece in PIECES).encode()
    assert b"sk-proj-a1b2" in [view.text for view in messages(data)]


def test_fields_of_each_index_are_a_message_of_their_own() -> None:
    line = 'data: {{"choices":[{{"index":{},"delta":{{"content":"{}"}}}}]}}\n\n'
    data = "".join(line.format(n, f"{n}{piece}") for piece in "abc" for n in range(2)).encode()
    assert [view.text for view in messages(data)] == [b"0a0b0c", b"1a1b1c"]


def test_what_comes_in_one_piece_is_not_seen_again() -> None:
    assert list(messages(b'data: {"delta": "all"}\n\n')) == []


def test_a_long_line_of_plain_data_is_not_joined_with_the_next() -> None:
    data = b"data: one\n\ndata: two\n\ndata: %b\n\ndata: three\n\ndata: four\n\n" % (b"x" * 30)
    assert [view.text for view in messages(data)] == [b"onetwo", b"threefour"]


@pytest.mark.parametrize("protocol", protocols.all_protocols(), ids=lambda each: each.NAME)
def test_what_any_protocol_sends_in_pieces_is_put_together(protocol: protocols.Protocol) -> None:
    said = SAMPLES[protocol.NAME].said
    texts = [fact.text for fact in facts_of(protocol, *said) if isinstance(fact, Text)]
    if len(texts) < 2 or protocol.NAME == "dashscope":
        return  # each message is whole, or has the text so far
    data = "".join(f"data: {message(each).data}\n\n" for each in said).encode()
    found = [view.text.decode() for view in messages(data)]
    text = answer_of(protocol, *said).text
    if protocol.NAME == "deepseek-web":
        text = "".join(texts[1:])  # the first piece stands elsewhere, in the fragment
    assert any(text in each for each in found), json.dumps(found)
