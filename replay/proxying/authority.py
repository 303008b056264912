"""Signs certificates of servers with mitmproxy's CA, which the proxy's clients trust already."""

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .ca_files import SERVERS, ca_of, dated

# Some clients refuse certificates that are valid for longer.
_LIFE = timedelta(days=199)
# Of a certificate's common name.
_NAME_LIMIT_CHARS = 63


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
        self._key, self._chain, self.certificate_path = ca_of(confdir)

    def issue(self, hosts: Iterable[str]) -> bytes:
        """Make a certificate for some hosts; return its key, itself and its chain, PEM.

        Its key is of an elliptic curve, which makes handshakes cheaper than RSA does.
        """
        names = list(dict.fromkeys(hosts))
        # A part of the subject; without one, the names are critical: RFC 5280, section 4.2.1.6.
        common = [name for name in names[:1] if len(name) <= _NAME_LIMIT_CHARS]
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common]
        key = ec.generate_private_key(ec.SECP256R1())
        ca = self._chain[0]
        made = (
            dated(x509.Name(subject), ca.subject, _LIFE)
            .public_key(key.public_key())
            .add_extension(SERVERS, critical=False)
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
