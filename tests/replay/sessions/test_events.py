from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.sessions.events import SessionEvent, replaced
from ssetape.replay.sessions.runs import Asked, Run

ANSWER = b'data: {"jsonrpc":"2.0","id":3,"result":{}}\n\n'


@given(st.lists(st.binary(max_size=5), max_size=6), st.data())
def test_a_replacement_keeps_what_is_around_it(chunks: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(chunks)
    begin = data.draw(st.integers(0, max(0, len(whole) - 1)))
    end = data.draw(st.integers(begin, len(whole)))
    changed = replaced(chunks, begin, end, b"NEW")
    assert len(changed) == len(chunks)
    expected = whole[:begin] + b"NEW" + whole[end:] if whole else whole
    assert b"".join(changed) == expected


def test_an_answer_cut_anywhere_gets_the_clients_id() -> None:
    for cut in range(len(ANSWER)):
        run = Run(1, "", asked={5: [Asked(0, 12)]})
        event = SessionEvent([ANSWER[:cut], ANSWER[cut:]], {5: 3})
        event.rewrite(run)
        assert b"".join(event.chunks) == ANSWER.replace(b'"id":3', b'"id":12')


def test_a_second_run_gets_an_endpoint_of_its_own() -> None:
    endpoint = b"event: endpoint\r\ndata: /messages?sid=1\r\n\r\n"
    for number, suffix in (1, b""), (2, b"&ssetape_run=2"):
        event = SessionEvent([endpoint])
        event.rewrite(Run(number, ""))
        assert event.chunks == [endpoint.replace(b"sid=1", b"sid=1" + suffix)]
