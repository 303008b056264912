from ssetape.imports import sse
from ssetape.imports._curl_meter import without_meter
from ssetape.imports._exchange import Given, Imported

HEADS = (
    b"  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    b"                                 Dload  Upload   Total   Spent    Left  Speed\n"
)
METER = b"\r100   171    0   171    0     0     89      0 --:--:--  0:00:01 --:--:--    89"
BODY = b"data: one\n\n123: two\n\n"


def test_progress_is_left_out_wherever_it_was_written() -> None:
    for place in range(len(BODY) + 1):
        data = HEADS + METER + BODY[:place] + METER * 2 + BODY[place:] + METER + b"\n"
        assert without_meter(data) == BODY


def test_other_bytes_stay() -> None:
    for data in (b"", BODY, METER + BODY, b"data: % Total\n\n"):
        assert without_meter(data) == data


def test_a_stream_with_progress_around_it_is_imported() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    for start in (b"", head):
        data = HEADS + METER + start + BODY + METER + b"\n"
        assert sse.recognises(data, "file.txt")
        (found,) = sse.read(data, "file.txt", Given())
        assert isinstance(found, Imported)
        assert [chunk.data for chunk in found.chunks] == [BODY]
