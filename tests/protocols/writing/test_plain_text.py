from written import body_of

from ssetape.facts import Done, Failure, Text


def test_each_piece_is_an_event() -> None:
    body = body_of("plain-text", [Text("Hi"), Text(" there\nyou"), Done("")])
    assert body == b"data: Hi\n\ndata:  there\ndata: you\n\ndata: [DONE]\n\n"


def test_an_error_is_an_event() -> None:
    body = body_of("plain-text", [Text("Hi"), Failure("slow", None)])
    assert body == b"data: Hi\n\nevent: error\ndata: slow\n\n"
