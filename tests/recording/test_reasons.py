from ssetape.addon.recorder import ends
from ssetape.recording import reasons


def test_every_reason_has_a_name_of_its_own() -> None:
    names = [value for name, value in vars(reasons).items() if name.isupper()]
    assert len(names) == len(set(names)) > 10


def test_mitmproxys_reasons_are_among_them() -> None:
    for name, value in vars(ends).items():
        if name.isupper() and not name.startswith("_"):
            assert vars(reasons)[name] == value


def test_an_exception_without_words_says_its_type() -> None:
    assert reasons.said(ValueError("why")) == "why"
    assert reasons.said(TimeoutError()) == "TimeoutError"
