"""mitmproxy's CA in its folder: read, or created as mitmproxy would.

Both use the same one from then on, and clients have to trust only one.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ssetape.errors import ReplayError

_KEY_BITS = 2048
_LIFE = timedelta(days=10 * 365)
# Clients' clocks may be behind.
_BACKDATED = timedelta(days=2)
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


class Ca(NamedTuple):
    """A CA: its key, its certificate and those that it is signed with, and its file for clients."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: list[x509.Certificate]
    certificate_path: Path


def ca_of(confdir: Path) -> Ca:
    """Return the CA in a folder. What is missing there is created.

    Raises:
        ReplayError: the folder, or the CA in it, cannot be used.
    """
    folder = confdir.expanduser().absolute()
    path, certificate_path = folder / "mitmproxy-ca.pem", folder / "mitmproxy-ca-cert.pem"
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        pem = path.read_bytes()
    except OSError as error:
        raise ReplayError(_unusable(path, error.strerror or str(error))) from error
    try:
        key, chain = _read(pem)
    except (ValueError, TypeError) as error:
        raise ReplayError(_unusable(path, str(error), is_bad=True)) from error
    try:
        _write_certificate(certificate_path, chain[0])
    except OSError as error:
        raise ReplayError(_unusable(certificate_path, error.strerror or str(error))) from error
    return Ca(key, chain, certificate_path)


def dated(subject: x509.Name, issuer: x509.Name, life: timedelta) -> x509.CertificateBuilder:
    """Begin a certificate that is valid from now on for so long."""
    begins = datetime.now(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + life)
    )


def _unusable(path: Path, why: str, *, is_bad: bool = False) -> str:
    renewed = "remove it, and a new CA is created, which clients have to trust, or " * is_bad
    return f"cannot use the CA {path}: {why}; {renewed}choose another folder with --confdir"


def _read(
    pem: bytes,
) -> tuple[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    """Raises ValueError or TypeError with the reason why no client would take it."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ValueError("expected a private key in PEM, without a passphrase") from error
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ValueError("expected a certificate in PEM besides the key") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("expected a key for RSA or an elliptic curve")
    ca, now = chain[0], datetime.now(UTC)
    if ca.public_key() != key.public_key():
        raise ValueError("its key is not that of its certificate")
    if not ca.not_valid_before_utc <= now <= ca.not_valid_after_utc:
        begins, ends = ca.not_valid_before_utc, ca.not_valid_after_utc
        raise ValueError(f"it is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}")
    return key, chain


def _create(path: Path) -> None:
    """Create a CA, unless another process does at this moment."""
    key = rsa.generate_private_key(65_537, _KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "mitmproxy"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mitmproxy"),
        ]
    )
    uses = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False
    )
    uses.update(dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False))
    made = (
        dated(name, name, _LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(SERVERS, critical=False)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with suppress(FileExistsError):  # a link replaces nothing
        _write(path, own + made.public_bytes(Encoding.PEM), 0o600, os.link)


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write what devices import, in the formats that they want, unless it is there."""
    pem = certificate.public_bytes(Encoding.PEM)
    if _certificate_at(path) == certificate:
        return
    bundle = pkcs12.serialize_key_and_certificates(None, None, certificate, None, NoEncryption())
    for suffix, data in ((".cer", pem), (".p12", bundle), (".pem", pem)):
        # One of a CA that is no longer there is replaced.
        _write(path.with_suffix(suffix), data, 0o644, os.replace)


def _certificate_at(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _write(path: Path, data: bytes, mode: int, put: Callable[[str, Path], None]) -> None:
    """Write a file that is whole from the start."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ssetape-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        put(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
