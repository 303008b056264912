import ssl
from pathlib import Path

from cryptography import x509

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
