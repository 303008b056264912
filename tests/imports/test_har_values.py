import pytest

from ssetape.errors import SourceError
from ssetape.imports import _har_values


def test_dates_are_seconds_since_1970() -> None:
    assert _har_values.seconds("2026-11-25T09:30:12.5Z", "x") == 1795599012.5
    assert _har_values.seconds("2026-11-25T10:30:12.500+01:00", "x") == 1795599012.5
    assert _har_values.seconds("2026-11-25T10:30:12.5000000+01:00", "x") == 1795599012.5
    assert _har_values.seconds("Wed, 25 Nov 2026 09:30:12 GMT", "x") == 1795599012
    assert _har_values.seconds("", "x") is None
    for bad in ("yesterday", "now, or never", "1969-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00"):
        with pytest.raises(SourceError, match="expected a date"):
            _har_values.seconds(bad, "x")


def test_protocols_are_called_as_in_captures() -> None:
    names = ["h2", "HTTP/2", "h3", "http/1.1", "HTTP/2.0", "unknown"]
    expected = ["HTTP/2.0", "HTTP/2.0", "HTTP/3", "HTTP/1.1", "HTTP/2.0", ""]
    assert [_har_values.version(name) for name in names] == expected


def test_content_may_be_base64() -> None:
    assert _har_values.content("AP8=", "base64", "x") == b"\0\xff"
    for spelling in ("AP-_", "AP+/", "AP\n+/", "AP+/=="):
        assert _har_values.content(spelling, "base64", "x") == b"\0\xff\xbf"
    assert _har_values.content("AP8", "Base64", "x") == b"\0\xff"
    assert _har_values.content("é\ud800", None, "x") == b"\xc3\xa9?"
    with pytest.raises(SourceError, match="expected base64"):
        _har_values.content("%%", "base64", "x")


def test_what_a_browser_misread_is_read_again() -> None:
    for text in ("“é”", "\x81\x9d", "🎬 ok"):
        misread = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.encode())
        assert _har_values.read_as_windows_1252(misread) == text.encode()
    for text in ("plain", "é", "naïve “quotes”", "🎬"):
        assert _har_values.read_as_windows_1252(text) is None


def test_only_what_names_a_browser_was_tapped() -> None:
    browser = {"browser": "Chrome/156.0.8078.108", "target": "page"}
    assert _har_values.tapped({**browser, "later": 1}) == browser
    assert _har_values.tapped({**browser, "target": 5}) == {"browser": "Chrome/156.0.8078.108"}
    for odd in (None, 5, "x", [], {}, {"browser": None}):
        assert _har_values.tapped(odd) == {}


def test_only_what_says_what_it_was_made_of_was_edited() -> None:
    edited = {"from": "a.ssetape", "id": "x", "changes": ["speed 2"]}
    assert _har_values.edited({**edited, "recorder": 5, "later": 1}) == edited
    assert _har_values.edited({**edited, "changes": [5, "a"]}) == {**edited, "changes": ["a"]}
    for odd in (None, 5, [], {}, {"from": 5, "changes": []}, {"from": "a", "changes": 5}):
        assert _har_values.edited(odd) == {}


def test_headers_are_found_in_every_form() -> None:
    found = [
        {"name": ":path", "value": "/"},
        {"name": "a", "value": "1\n2"},
        {"name": "b", "value": ["3", "4"]},
        {"name": "c", "value": None},
    ]
    expected = [("a", "1"), ("a", "2"), ("b", "3"), ("b", "4"), ("c", "")]
    assert _har_values.headers(found, "x") == expected
    assert _har_values.headers({"a": ["1", 2], "b": "3"}, "x") == [
        ("a", "1"),
        ("a", "2"),
        ("b", "3"),
    ]
