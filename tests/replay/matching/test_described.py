from ssetape.format.values import Headers, Request
from ssetape.replay.matching.described import described
from ssetape.replay.matching.features import Features
from ssetape.replay.matching.rules import MatchRules
from ssetape.requests.content import content_of
from ssetape.requests.location import located

BODY = b'{"prompt": "hello", "temperature": 1}'


def of(
    url: str = "http://127.0.0.1/x",
    headers: Headers | None = None,
    captured: Request | None = None,
    **rules: object,
) -> Features:
    found = MatchRules(**rules)  # type: ignore[arg-type]
    return described(located(url), headers or [], content_of([], BODY), found, captured)


def test_what_is_ignored_or_masked_is_no_feature() -> None:
    assert of("http://127.0.0.1/x?a=1", ignored_query=frozenset({"a"})) == of()
    assert len(of(ignored_fields=(("temperature",),))) < len(of())
    url = "http://127.0.0.1/x?key=MASKED"
    headers = [("x-a", "MASKED")]
    request = Request("GET", url, "", headers, masked_query=("key",), masked_headers=("x-a",))
    assert of(url, headers, request, matched_headers=("x-a",)) == of()


def test_host_event_and_named_headers_are_features() -> None:
    plain = of()
    assert len(of("http://a.test/x")) == len(plain) + 1
    assert len(of(headers=[("last-event-id", "3")])) == len(plain) + 1
    assert of(headers=[("x-a", "1")]) == plain
    assert of(headers=[("x-a", "1")], matched_headers=("x-a",)) != of(matched_headers=("x-a",))
