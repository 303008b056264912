"""Makes certificates with the CA that the proxy's clients already trust."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mitmproxy import certs

from ssetape.errors import RecordError

_KEY_BITS = 2048


def make(confdir: Path, hosts: Iterable[str]) -> bytes:
    """Make a certificate for some hosts, signed by mitmproxy's CA; return it and its key, PEM.

    The CA is created if it does not exist.

    Raises:
        RecordError: the folder of the CA cannot be used.
    """
    folder = confdir.expanduser().absolute()
    names = list(dict.fromkeys(hosts))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = certs.CertStore.from_store(folder, "mitmproxy", _KEY_BITS)
        entry = store.get_cert(names[0], [_name(host) for host in names])
    except (OSError, ValueError) as error:
        raise RecordError(f"cannot make a certificate with the CA in {folder}: {error}") from error
    key = entry.privatekey.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return entry.cert.to_pem() + key


def ca_certificate(confdir: Path) -> Path:
    """The path of the CA certificate that clients have to trust."""
    return confdir.expanduser().absolute() / "mitmproxy-ca-cert.pem"


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
