import ssl
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from proxies import server_context

from ssetape.addon.proxy import trust

# Some old CAs have what the parser does not like: not this test's business.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def certificates(pem: bytes) -> set[bytes]:
    """The DER bytes of every certificate in a PEM; the parser is not the one of the product."""
    return {
        certificate.public_bytes(serialization.Encoding.DER)
        for certificate in x509.load_pem_x509_certificates(pem)
    }


@pytest.fixture(scope="module")
def own_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that no system trusts, without the newline at its end."""
    folder = tmp_path_factory.mktemp("ca")
    server_context(folder)
    pem = (folder / "server.pem").read_text()
    ca = folder / "ca.pem"
    ca.write_text(pem[pem.index("-----BEGIN CERTIFICATE") :].strip())
    return ca


def test_the_bundle_has_what_the_system_trusts_and_the_proxys_ca(own_ca: Path) -> None:
    bundle = trust.bundle(own_ca)
    found = certificates(bundle)
    assert certificates(own_ca.read_bytes()) < found
    assert certificates(trust.system_cas().read_bytes()) < found
    assert len(found) > 20
    # And OpenSSL reads it all.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=bundle.decode())
    assert len(context.get_ca_certs(binary_form=True)) > 20


def test_a_bundle_that_the_user_has_set_is_what_the_system_trusts(
    own_ca: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = tmp_path / "company.pem"
    configured.write_bytes(own_ca.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(configured))
    other = tmp_path / "other"
    other.mkdir()
    server_context(other)
    pem = (other / "server.pem").read_text()
    proxys = other / "ca.pem"
    proxys.write_text(pem[pem.index("-----BEGIN CERTIFICATE") :])
    # The first does not end in a newline: the two still do not run into each other.
    assert certificates(trust.bundle(proxys)) == certificates(
        configured.read_bytes()
    ) | certificates(proxys.read_bytes())


@pytest.mark.parametrize("value", ["", "/no/such/file"])
def test_a_bundle_that_is_not_there_is_passed_over(
    value: str, own_ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", value)
    assert len(certificates(trust.bundle(own_ca))) > 20


def test_without_a_system_bundle_certifis_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    nothing = ssl.get_default_verify_paths()._replace(cafile="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
    assert trust.system_cas() == Path(certifi.where())
