import pytest

from ssetape.replay.matching.location import Location, located


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://A.test/b/c?d=e&d=%66#g", Location("a.test", "/b/c", (("d", "e"), ("d", "f")))),
        ("http://a.test", Location("a.test", "/", ())),
        ("http://a.test?d", Location("a.test", "/", (("d", ""),))),
        ("nonsense", Location("", "/", ())),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Location) -> None:
    assert located(url) == expected
