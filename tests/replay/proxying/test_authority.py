import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from mitmproxy import certs

from ssetape.errors import ReplayError
from ssetape.replay.proxying.authority import Authority


def names_of(pem: bytes) -> tuple[list[str], list[str]]:
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    return names.get_values_for_type(x509.DNSName), addresses


def test_a_certificate_is_for_its_hosts_and_signed_by_the_ca(
    authority: Authority, tmp_path: Path
) -> None:
    pem = authority.issue(["replay.test", "127.0.0.1", "::1", "replay.test"])
    assert names_of(pem) == (["replay.test"], ["127.0.0.1", "::1"])
    made, ca = x509.load_pem_x509_certificates(pem)
    trusted = x509.load_pem_x509_certificate(authority.certificate_path.read_bytes())
    assert ca == trusted  # in the chain, by which Chromium knows the CA's key
    made.verify_directly_issued_by(trusted)
    path = tmp_path / "server.pem"
    path.write_bytes(pem)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)


def test_a_long_name_is_no_common_name(authority: Authority) -> None:
    name = ".".join(["a" * 60] * 4)
    pem = authority.issue([name])
    assert names_of(pem) == ([name], [])
    assert list(x509.load_pem_x509_certificate(pem).subject) == []


def test_mitmproxy_uses_the_ca_that_is_created_here(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    store = certs.CertStore.from_store(tmp_path, "mitmproxy", 2048)
    trusted = x509.load_pem_x509_certificate(ours.certificate_path.read_bytes())
    assert store.default_ca.to_pem() == certs.Cert(trusted).to_pem()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes["mitmproxy-ca.pem"] == 0o600
    assert modes["mitmproxy-ca-cert.pem"] == modes["mitmproxy-ca-cert.cer"] == 0o644
    assert "mitmproxy-ca-cert.p12" in modes


def test_the_ca_that_mitmproxy_has_created_is_used_and_stays(tmp_path: Path) -> None:
    certs.CertStore.from_store(tmp_path, "mitmproxy", 2048)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    made = x509.load_pem_x509_certificate(Authority(tmp_path).issue(["a.test"]))
    ca = x509.load_pem_x509_certificate((tmp_path / "mitmproxy-ca-cert.pem").read_bytes())
    made.verify_directly_issued_by(ca)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_several_at_once_create_one_ca(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(Authority, [tmp_path] * 4))
    key = load_pem_private_key((tmp_path / "mitmproxy-ca.pem").read_bytes(), None)
    for each in several:
        ca = x509.load_pem_x509_certificates(each.issue(["a.test"]))[1]
        assert ca.public_key() == key.public_key()


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReplayError, match=r"cannot use the CA in .*file: .*--confdir"):
        Authority(tmp_path / "file")


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nx\n"])
def test_a_ca_that_is_none_is_told(pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca.pem").write_bytes(pem)
    with pytest.raises(ReplayError, match="cannot use the CA in"):
        Authority(tmp_path)
