import pytest

from ssetape.replay.sessions import jsonrpc

ANSWER = b'event: message\r\ndata: {"jsonrpc":"2.0","id":3,"result":{"id":3,"n":33}}\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"a"}', 1),
        (b'{"jsonrpc":"2.0","id":"x","method":"a"}', "x"),
        (b'{"jsonrpc":"2.0","method":"a"}', None),
        (b'{"jsonrpc":"2.0","id":1,"result":{}}', None),
        (b'{"jsonrpc":"2.0","id":true,"method":"a"}', None),
        (b'[{"jsonrpc":"2.0","id":1,"method":"a"}]', None),
        (b'{"id":1,"method":"a"}', None),
        (b"jsonrpc", None),
        (b"", None),
    ],
)
def test_the_id_of_a_request(body: bytes, expected: object) -> None:
    assert jsonrpc.request_id(body) == expected


def test_the_requests_that_events_and_bodies_are_about() -> None:
    progress = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}'
    assert jsonrpc.answered(ANSWER) == {3}
    assert jsonrpc.answered(progress) == {7}
    assert jsonrpc.answered(b'data: {"id": 3}\n\n') == set()


def test_an_answer_gets_another_id_and_nothing_else_changes() -> None:
    begin, end, new = jsonrpc.renumbered(ANSWER, 3, "abc") or (0, 0, b"")
    changed = ANSWER[:begin] + new + ANSWER[end:]
    assert changed == ANSWER.replace(b'"id":3,"result"', b'"id":"abc","result"')
    assert jsonrpc.renumbered(ANSWER, 4, 5) is None


def test_the_same_call_has_the_same_content_whatever_its_number() -> None:
    calls = [
        b'{"jsonrpc":"2.0","id":%d,"method":"a","params":{"_meta":{"progressToken":%d}}}' % (n, n)
        for n in (1, 2)
    ]
    assert jsonrpc.content(calls[0]) == jsonrpc.content(calls[1]) is not None
    assert jsonrpc.content(b'{"jsonrpc":"2.0","method":"a"}') is None
