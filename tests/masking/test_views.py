import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from ssetape.masking.findings import Finding
from ssetape.masking.views import JSON_ESCAPE, NO_ESCAPE, PERCENT, View

TEXT = st.text("abc\"\\/\n\t%-'", max_size=30)


@given(before=TEXT, secret=st.text('ab"\n%', min_size=1, max_size=9), after=TEXT)
def test_what_is_found_in_the_meaning_is_found_in_the_bytes(
    before: str, secret: str, after: str
) -> None:
    for encode, escapes in (
        (lambda text: json.dumps(text)[1:-1], JSON_ESCAPE),
        (lambda text: quote(text, safe=""), PERCENT),
        (lambda text: text, NO_ESCAPE),
    ):
        data = f"{{{encode(before)}{encode(secret)}{encode(after)}}}".encode()
        view = View()
        view.add(data, (1, len(data) - 1), escapes)
        assert view.text.decode() == before + secret + after
        span = len(before.encode()), len((before + secret).encode())
        found = view.back(Finding("a", (span,), secret.encode()))
        assert b"".join(data[a:b] for a, b in found.spans).decode() == encode(secret)


@given(pieces=st.lists(st.text("ab\n\\", min_size=1, max_size=6), min_size=1, max_size=8))
def test_a_secret_in_pieces_has_a_span_in_each(pieces: list[str]) -> None:
    data = b""
    view = View()
    spans = []
    for piece in pieces:
        data += b'{"a": "'
        start = len(data)
        data += json.dumps(piece)[1:-1].encode()
        spans.append((start, len(data)))
        data += b'"}\n'
        for_view = spans[-1]
        view.add(data, for_view, JSON_ESCAPE)
    text = "".join(pieces).encode()
    assert view.text == text
    assert view.is_assembled == (len(pieces) > 1)
    assert list(view.back(Finding("a", ((0, len(text)),), text)).spans) == spans
