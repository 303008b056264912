from ssetape.replay.matching.rules import MatchRules
from ssetape.replay.matching.wanted import Wanted
from ssetape.requests.location import located


def test_what_is_derived_from_a_request_is_derived_once() -> None:
    wanted = Wanted(located("http://a/x"), [("Last-Event-ID", "7")], b'{"a": 1, "b": 2}')
    assert wanted.event_id == "7"
    assert wanted.content is wanted.content
    assert wanted.key(()) is wanted.key(())
    assert wanted.key((("a",),)) != wanted.key(())
    assert wanted.features(MatchRules()) is wanted.features(MatchRules())
