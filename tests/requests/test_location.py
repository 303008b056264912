import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.requests.location import Location, located, normal_path, target


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://A.test/b/c?d=e&d=%66#g", Location("a.test", "/b/c", (("d", "e"), ("d", "f")))),
        ("http://a.test", Location("a.test", "/", ())),
        ("http://a.test?d", Location("a.test", "/", (("d", ""),))),
        ("http://u:p@a.test:80/", Location("a.test", "/", ())),
        ("wss://a.test:443/", Location("a.test", "/", ())),
        ("https://a.test:80/", Location("a.test:80", "/", ())),
        ("https://a.test./", Location("a.test", "/", ())),
        ("https://a.test.:443/", Location("a.test", "/", ())),
        ("https://A.test.:80/", Location("a.test:80", "/", ())),
        ("https://[::1]:443/", Location("[::1]", "/", ())),
        ("nonsense", Location("", "/", ())),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Location) -> None:
    assert located(url) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/caf%C3%A9", "/caf%c3%a9"),
        ("/caf%C3%A9", "/café"),
        ("/caf%E9", "/caf\udce9"),
        ("/~me", "/%7Eme"),
        ("/x{1}|", "/x%7B1%7d%7C"),
        ("/a%2Fb", "/a%2fb"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/a/./b/../c", "/a/c"),
        ("/a/%2e%2E/c", "/c"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
    ],
)
def test_spellings_of_one_path_are_one(one: str, other: str) -> None:
    assert normal_path(one) == normal_path(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("/a%2Fb", "/a/b"), ("/a", "/A"), ("/a", "/a/"), ("/a+b", "/a%20b"), ("/a:b", "/a%3Ab")],
)
def test_what_is_reserved_counts(one: str, other: str) -> None:
    assert normal_path(one) != normal_path(other)


def test_json_in_a_query_has_one_spelling() -> None:
    one, other = "?v={%22a%22:1,%20%22b%22:2}", "?v=%7B%22b%22%3A2%2C%22a%22%3A1.0%7D"
    assert located(f"http://a/{one}") == located(f"http://a/{other}")


@given(path=st.text())
def test_a_path_once_normal_stays_so(path: str) -> None:
    normal = normal_path(f"/{path}")
    assert normal_path(normal) == normal
    assert normal.isascii()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.test/b%20c?d=e?f#g", "/b%20c?d=e?f"),
        ("https://a.test", "/"),
        ("wss://a.test?x=http://b.test/c", "/?x=http://b.test/c"),
        ("no url", "/"),
    ],
)
def test_the_target_of_a_url(url: str, expected: str) -> None:
    assert target(url) == expected
