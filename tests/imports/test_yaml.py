import pytest

from ssetape.errors import SourceError
from ssetape.imports import _yaml
from ssetape.imports._yaml import parse_yaml


def test_yaml_is_read_with_its_aliases() -> None:
    assert parse_yaml(b"a: &a [1, x]\nb: *a\nc: {<<: {d: 2}}") == {
        "a": [1, "x"],
        "b": [1, "x"],
        "c": {"d": 2},
    }
    assert parse_yaml(b"") is None


LAUGHS = b"a0: &a0 [%b]\n" % b",".join([b"lol"] * 9) + b"".join(
    b"a%d: &a%d [%b]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
)
MERGES = b"a0: &a0 {k: v}\n" + b"".join(
    b"a%d: &a%d {<<: [%b]}\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
)
LARGE = b"a: &a " + b"x" * 100_000 + b"\nb: [" + b",".join([b"*a"] * 1000) + b"]"


@pytest.mark.parametrize("data", [LAUGHS, MERGES, LARGE])
def test_aliases_that_unfold_to_gigabytes_are_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="aliases of the YAML unfold to more than 16 MiB"):
        parse_yaml(data)


def test_a_large_file_may_have_some_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_yaml, "FREE_CHARACTERS", 100)
    data = b"a: &a " + b"x" * 500 + b"\nb: [" + b",".join([b"*a"] * 5) + b"]"
    assert len(parse_yaml(data)["b"]) == 5


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a: &a [*a]", "an alias of the YAML contains itself"),
        (b"[" * 100_000, "nest"),
        (b"a: [", "not YAML, or is incomplete"),
        (b"a: " + b"9" * 5000, "an integer of 5000 digits"),
        (b"a: !!int 0x" + b"f" * 5000, "an integer of 5002 digits"),
        (b"a: !binary x", "not YAML"),
        (b"a: !!bool x", "not YAML"),
        (b"a: !!timestamp x", "not YAML"),
        (b"a: b\xff", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        parse_yaml(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        # What only one version of YAML takes for anything but text is text.
        ("no", "no"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23T09:30:12.000Z", "2026-11-23T09:30:12.000Z"),
        ("2001-99-99", "2001-99-99"),
        ("012", "012"),
        ("1e3", "1e3"),
        ("0x1f", "0x1f"),
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("~", None),
        # Tags of Python's and Ruby's: no object is made, only its plain value is taken.
        ("!!python/object:os.system x", "x"),
        ("!!python/object/apply:os.system [x]", "x"),
        ("!!python/object/apply:os.system {args: [x], state: {}}", "x"),
        ("!!python/object/new:os.system [x, y]", ["x", "y"]),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary eA==, 0, null]}", b"x"),
        ("!!python/unicode 'x'", "x"),
        ("!!python/tuple [x, y]", ["x", "y"]),
        ("!!python/bytes 'eA=='", b"x"),
        ("!!python/name:os.system", ""),
        ("!!binary eA==", b"x"),
        ("!binary eA==", b"x"),
        ("!ruby/object:VCR::Request {a: b}", {"a": "b"}),
        ("!ruby/string:Faraday::Body {str: x}", "x"),
        ("!ruby/hash:ActiveSupport::HashWithIndifferentAccess {a: b}", {"a": "b"}),
        ("!str x", "x"),
    ],
)
def test_a_value_is_what_its_writer_meant(data: str, value: object) -> None:
    assert parse_yaml(f"a: {data}".encode()) == {"a": value}


def test_a_key_may_have_a_tag() -> None:
    data = b"? !!python/object/apply:multidict._multidict.istr\n- Accept\n: x"
    assert parse_yaml(data) == {"Accept": "x"}
