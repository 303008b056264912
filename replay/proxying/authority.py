"""mitmproxy's CA, which the proxy's clients trust already: certificates that it signs.

The CA is the one in mitmproxy's folder; where there is none, it is created as mitmproxy would, so
that both use the same one from then on.
"""

import ipaddress
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
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
_CA_LIFE = timedelta(days=10 * 365)
# Some clients refuse certificates that are valid for longer.
_LIFE = timedelta(days=199)
# Clients' clocks may be behind.
_BACKDATED = timedelta(days=2)
# Of a certificate's common name.
_NAME_LIMIT_CHARS = 63
_SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


class Authority:
    """A CA that signs certificates of servers.

    Args:
        confdir: mitmproxy's folder.

    Attributes:
        certificate_path: the file that clients have to trust, PEM.

    Raises:
        ReplayError: the folder, or the CA in it, cannot be used.
    """

    def __init__(self, confdir: Path) -> None:
        folder = confdir.expanduser().absolute()
        self.certificate_path = folder / "mitmproxy-ca-cert.pem"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            ca = folder / "mitmproxy-ca.pem"
            if not ca.exists():
                _create(ca)
            pem = ca.read_bytes()
            key = load_pem_private_key(pem, None)
            if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
                raise ValueError("its key is neither RSA nor of an elliptic curve")
            self._key: CertificateIssuerPrivateKeyTypes = key
            self._chain = x509.load_pem_x509_certificates(pem)
            _write_certificate(self.certificate_path, self._chain[0])
        except (OSError, ValueError, TypeError) as error:
            raise ReplayError(
                f"cannot use the CA in {folder}: {error}; choose another folder with --confdir"
            ) from error

    def issue(self, hosts: Iterable[str]) -> bytes:
        """Make a certificate for some hosts; return its key, itself and its chain, PEM.

        Its key is of an elliptic curve: that makes a handshake ten times as cheap as RSA.
        """
        names = list(dict.fromkeys(hosts))
        # A part of the subject; without one, the names are critical: RFC 5280, section 4.2.1.6.
        common = [name for name in names[:1] if len(name) <= _NAME_LIMIT_CHARS]
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common]
        key = ec.generate_private_key(ec.SECP256R1())
        ca = self._chain[0]
        made = (
            _dated(x509.Name(subject), ca.subject, _LIFE)
            .public_key(key.public_key())
            .add_extension(_SERVERS, critical=False)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=not subject,
            )
            .add_extension(_issuer_key(ca), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        own = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        chain = [made, *self._chain]
        return own + b"".join(each.public_bytes(Encoding.PEM) for each in chain)


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
        _dated(name, name, _CA_LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_SERVERS, critical=False)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    _write_new(path, own + made.public_bytes(Encoding.PEM))


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write what devices import, in the formats that they want, as far as it is missing."""
    pem = certificate.public_bytes(Encoding.PEM)
    if not path.exists():
        bundle = pkcs12.serialize_key_and_certificates(
            None, None, certificate, None, NoEncryption()
        )
        for suffix, data in ((".pem", pem), (".cer", pem), (".p12", bundle)):
            _write_new(path.with_suffix(suffix), data, mode=0o644)


def _write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is whole from the start; one that exists stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ssetape-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


def _dated(subject: x509.Name, issuer: x509.Name, life: timedelta) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + life)
    )


def _issuer_key(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """What names the CA's key: its own name for it, which strict clients compare."""
    try:
        known = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = ca.public_key()
        assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
