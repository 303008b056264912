import ssl
from pathlib import Path

import pytest
from cryptography import x509

from ssetape.addon.proxy.certificates import ca_certificate, make
from ssetape.errors import RecordError


def test_a_certificate_is_for_its_hosts_and_signed_by_the_ca(confdir: Path, tmp_path: Path) -> None:
    pem = make(confdir, ["replay.test", "127.0.0.1", "::1", "replay.test"])
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["replay.test"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    authority = x509.load_pem_x509_certificate(ca_certificate(confdir).read_bytes())
    certificate.verify_directly_issued_by(authority)
    path = tmp_path / "server.pem"
    path.write_bytes(pem)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="cannot make a certificate with the CA in"):
        make(tmp_path / "file", ["a.test"])
