import pytest

from ssetape.tap.filter import Heads
from ssetape.tap.policy import Aim, Policy


def heads(content_type: str = "", status: int = 200, **headers: str) -> Heads:
    answered = [("content-type", content_type), *headers.items()]
    return Heads("POST", "http://a.test/", [("accept", "*/*")], answered, status)


@pytest.mark.parametrize(
    ("found", "body", "aim"),
    [
        (heads("text/event-stream; charset=utf-8"), None, Aim.STREAM),
        (heads("application/x-ndjson"), None, Aim.STREAM),
        (heads("text/plain"), None, Aim.UNDECIDED),
        (heads("application/json"), b'{"stream": true}', Aim.UNDECIDED),
        (heads("application/json"), b"{}", Aim.ORDINARY),
        (heads("text/html"), None, Aim.ORDINARY),
        (heads("text/plain", **{"content-encoding": "br"}), None, Aim.UNDECIDED),
        (heads("text/plain", **{"content-encoding": "compress"}), None, Aim.ORDINARY),
        # A length is known: it was there as a whole, encoded or not.
        (
            heads("text/plain", **{"content-encoding": "br", "content-length": "9"}),
            None,
            Aim.ORDINARY,
        ),
        (heads("text/event-stream", 204), None, Aim.ORDINARY),
        (heads("text/event-stream", 302), None, Aim.ORDINARY),
    ],
)
def test_a_response_is_what_the_proxy_s_recorder_takes_it_for(
    found: Heads, body: bytes | None, aim: Aim
) -> None:
    assert Policy(True, lambda heads: True).aim(found, body) is aim
    few = Policy(False, lambda heads: True).aim(found, body)
    assert few is (Aim.UNWANTED if aim is Aim.ORDINARY else aim)
    assert Policy(True, lambda heads: False).aim(found, body) is Aim.EXCLUDED
