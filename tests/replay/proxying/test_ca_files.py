import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from mitmproxy import certs

from ssetape.errors import ReplayError
from ssetape.replay.proxying.ca_files import Ca, ca_of


def test_mitmproxy_uses_the_ca_that_is_created_here(tmp_path: Path) -> None:
    ours = ca_of(tmp_path)
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
    found = ca_of(tmp_path)
    assert found.chain[0] == certificate_at(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def certificate_at(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "mitmproxy-ca-cert.pem").read_bytes())


def test_several_at_once_create_one_ca(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(ca_of, [tmp_path] * 4))
    for each in several:
        assert each.chain == [certificate_at(tmp_path)]
        assert each.chain[0].public_key() == each.key.public_key()


def test_the_file_for_clients_is_that_of_the_ca(tmp_path: Path) -> None:
    """Whoever removes the CA may leave its certificate, which clients would then trust in vain."""
    old = ca_of(tmp_path)
    (tmp_path / "mitmproxy-ca.pem").unlink()
    new = ca_of(tmp_path)
    assert old.chain != new.chain
    assert new.chain == [certificate_at(tmp_path)]
    (tmp_path / "mitmproxy-ca-cert.pem").write_text("nonsense")
    assert ca_of(tmp_path).chain == [certificate_at(tmp_path)]


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        ReplayError, match=r"cannot use the CA .*file/mitm.*: Not a directory; choose"
    ):
        ca_of(tmp_path / "file")
    (tmp_path / "mitmproxy-ca.pem").mkdir()
    with pytest.raises(ReplayError, match=r"mitmproxy-ca\.pem: Is a directory; choose"):
        ca_of(tmp_path)


def key_pem(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    lock: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())


def certificate_pem(
    key: ec.EllipticCurvePrivateKey, *, begins_days: int = -1, ends_days: int = 1
) -> bytes:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    made = made.not_valid_before(now + timedelta(begins_days)).public_key(key.public_key())
    made = made.not_valid_after(now + timedelta(ends_days))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


OWN, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
EDWARDS = ed25519.Ed25519PrivateKey.generate()
OF_OWN = certificate_pem(OWN)
NO_KEY = "expected a private key in PEM, without a passphrase"
DAY = r"\d{4}-\d\d-\d\d"


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", NO_KEY),
        (b"nonsense", NO_KEY),
        (b"-----BEGIN PRIVATE KEY-----\nx\n", NO_KEY),
        (OF_OWN, NO_KEY),
        (key_pem(OWN, BestAvailableEncryption(b"x")) + OF_OWN, NO_KEY),
        (key_pem(OWN), "expected a certificate in PEM besides the key"),
        (key_pem(OWN) + OF_OWN[:100], "expected a certificate in PEM besides the key"),
        (key_pem(EDWARDS) + OF_OWN, "expected a key for RSA or an elliptic curve"),
        (key_pem(OTHER) + OF_OWN, "its key is not that of its certificate"),
        (
            key_pem(OWN) + certificate_pem(OWN, begins_days=-2, ends_days=-1),
            f"it is valid from {DAY} to {DAY}",
        ),
        (
            key_pem(OWN) + certificate_pem(OWN, begins_days=1, ends_days=2),
            f"it is valid from {DAY} to {DAY}",
        ),
    ],
)
def test_a_ca_that_no_client_would_take_is_told(pem: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "mitmproxy-ca.pem"
    path.write_bytes(pem)
    with pytest.raises(ReplayError, match=rf"mitmproxy-ca\.pem: {why}; remove it, .*--confdir"):
        ca_of(tmp_path)
    assert path.read_bytes() == pem
    assert list(tmp_path.iterdir()) == [path]


def test_an_own_ca_may_be_of_an_elliptic_curve(tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca.pem").write_bytes(key_pem(OWN) + OF_OWN)
    found: Ca = ca_of(tmp_path)
    assert found.key.public_key() == OWN.public_key()
    assert certificate_at(tmp_path) == found.chain[0]
