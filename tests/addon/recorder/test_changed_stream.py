import gzip
from collections.abc import Callable

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from ssetape.addon import peek, units
from ssetape.addon.recorder.changed_stream import ChangedStream
from ssetape.addon.recorder.substitution import Substitution

Told = list[tuple[int, str]]


def changed(
    inner: Callable[[bytes], bytes | list[bytes]] | bool = True,
    rules: tuple[tuple[bytes, bytes], ...] = ((b"one", b"1"), (b"1", b"ONE")),
    response: http.Response | None = None,
) -> tuple[ChangedStream, Told]:
    flow = tflow.tflow(resp=True)
    flow.response = response or flow.response
    told: Told = []
    numbered = {number: Substitution(*rule) for number, rule in enumerate(rules, 1)}
    stream = ChangedStream(
        flow, inner, units.Units(), numbered, lambda number, why: told.append((number, why))
    )
    return stream, told


def of_unknown_kind(**headers: str) -> tuple[ChangedStream, Told]:
    response = http.Response.make(200, b"", headers)
    response.data.content = None
    pairs = list(headers.items())
    return changed(peek.Peek(response, pairs, lambda: None, 0), response=response)


def said(stream: ChangedStream, *chunks: bytes) -> list[bytes]:
    pieces = [stream(chunk) for chunk in chunks]
    return [piece if isinstance(piece, bytes) else b"".join(piece) for piece in pieces]


def test_rules_change_units_one_after_the_other_and_nothing_empty_is_passed_on() -> None:
    stream, told = changed()
    assert said(stream, b"data: one\n\n", b"data", b": one\n\n") == [
        b"data: ONE\n\n",
        b"",
        b"data: ONE\n\n",
    ]
    assert stream(b"") == []
    assert not told


def test_a_rule_that_fails_leaves_what_it_was_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, told = changed()
    assert said(stream, b"data: one\n\n", b"data: o") == [b"data: ONE\n\n", b""]

    def broken(rule: Substitution, unit: bytes) -> bytes:
        raise RuntimeError("made on purpose")

    monkeypatch.setattr(Substitution, "__call__", broken)
    assert said(stream, b"ne\n\ndata: one", b"") == [b"data: one\n\n", b"data: one"]
    assert set(told) == {(number, "cannot be changed: made on purpose") for number in (1, 2)}


def test_what_is_held_goes_at_the_end() -> None:
    stream, _ = changed()
    assert said(stream, b"data: one", b"") == [b"", b"data: ONE"]


def test_the_function_found_there_comes_first() -> None:
    stream, _ = changed(lambda data: [data.replace(b"two", b"one"), b""])
    assert said(stream, b"data: two\n\n") == [b"data: ONE\n\n"]


def test_a_match_that_would_go_on_is_told() -> None:
    stream, told = changed(rules=((b"z", b""), (b"data.*", b"")))
    assert said(stream, b"data: one\n\n") == [b"data: one\n\n"]
    assert [number for number, _ in told] == [2]


def test_a_body_of_unknown_kind_with_events_is_changed_as_it_passes() -> None:
    stream, told = of_unknown_kind()
    assert said(stream, b"da", b"ta: one\n\n", b"data: one\n\n") == [
        b"",
        b"data: ONE\n\n",
        b"data: ONE\n\n",
    ]
    assert not told


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_an_ordinary_body_of_unknown_kind_is_changed_as_mitmproxy_changes_it(coding: str) -> None:
    stream, told = of_unknown_kind(**({"content-encoding": coding} if coding else {}))
    body = b"<p>one " * 9
    sent = gzip.compress(body) if coding else body
    early, late = said(stream, sent, b"")
    assert early == b""
    assert (gzip.decompress(late) if coding else late) == body.replace(b"one", b"ONE")
    assert not told


def test_what_cannot_be_changed_goes_through_and_is_told() -> None:
    stream, told = of_unknown_kind(**{"content-encoding": "gzip"})
    sent = gzip.compress(b"data: one\n\n")
    assert b"".join(said(stream, sent[:5], sent[5:], b"")) == sent
    assert {why.partition(":")[0] for _, why in told} == {"is compressed"}

    stream, told = of_unknown_kind()
    large = b"one" * (units.HELD_LIMIT_BYTES // 3 + 1)
    assert b"".join(said(stream, large, b"one", b"")) == large + b"one"
    assert [number for number, _ in told] == [1, 2]

    stream, told = of_unknown_kind(**{"content-encoding": "gzip"})
    broken = gzip.compress(b"<p>one")[:-9] + b"junk"
    assert b"".join(said(stream, broken, b"")) == broken
    assert {why for _, why in told} == {"cannot be decoded as its Content-Encoding says"}
