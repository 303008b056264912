import pytest
from tls_client import TlsClient

from ssetape.replay.proxying import identities
from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.wire.tls_bytes import TlsBytes


@pytest.mark.parametrize(
    ("tunnel", "named"),
    [
        ("a.test", "a.test"),
        ("a.test", "b.test"),  # a client whose own table says where a.test is
        ("127.0.0.1", "a.test"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("A.test.", "a.test"),
    ],
)
def test_a_client_gets_the_certificate_of_the_host_that_it_names(
    tunnel: str, named: str, authority: Authority, trusting: object
) -> None:
    client = TlsClient(trusting("h2", "http/1.1"), named)  # type: ignore[operator]
    client.shake(TlsBytes(Identities(authority).of(tunnel)))  # the client checks it
    assert client.tls.selected_alpn_protocol() == "h2"


def test_each_is_made_once_and_only_so_many_are_kept(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities, "KEPT", 2)
    made = Identities(authority)
    a, b = made.of("a.test"), made.of("b.test")
    assert made.of("a.test") is a
    made.of("c.test")
    assert made.of("a.test") is a
    assert made.of("b.test") is not b


def test_those_of_the_captures_are_made_beforehand(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Identities(authority)
    made.prepare(["a.test", "", "no host", "a.test", "127.0.0.1"])
    with monkeypatch.context() as patch:
        patch.delattr(Authority, "issue")
        made.of("a.test")
        made.of("127.0.0.1")


def test_where_no_file_can_be_in_memory_it_is_gone_at_once(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.delattr("os.memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Identities(authority).of("a.test")
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("named", ["127.0.0.1", "localhost"])
def test_the_proxy_itself_has_one_for_http_1(
    named: str, authority: Authority, trusting: object
) -> None:
    made = Identities(authority)
    client = TlsClient(trusting("h2", "http/1.1"), named)  # type: ignore[operator]
    client.shake(TlsBytes(made.of_the_proxy("127.0.0.1")))
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert made.of_the_proxy("127.0.0.1") is made.of_the_proxy("127.0.0.1")
