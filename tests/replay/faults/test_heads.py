import pytest
from faulty import HEAD, run

from ssetape.replay.faults.heads import ContentType, Refuse


def test_a_refusal_says_when_to_come_again() -> None:
    refusal = Refuse(status=429, retry_after_s=0.5).refusal(run())
    assert (refusal.status, refusal.retry_after_s) == (429, 0.5)
    assert refusal.message == "request 1 is refused on purpose with 429"
    assert Refuse(status=529).refusal(run()).retry_after_s is None


def test_the_content_type_is_another() -> None:
    assert ContentType("text/html").head(HEAD).headers == [("content-type", "text/html")]
    assert ContentType().head(HEAD).headers == []


def test_what_is_no_refusal_is_told() -> None:
    with pytest.raises(ValueError, match="status: expected 400 to 599, found 200"):
        Refuse(status=200)
    with pytest.raises(ValueError, match="expected printable ASCII"):
        ContentType("a\r\nb: c")
