"""The CA bundle for a recorded program: the system's CAs and the proxy's."""

import os
import ssl
from pathlib import Path


def bundle(ca_certificate: Path) -> bytes:
    """The system's CAs and mitmproxy's, as one PEM.

    In most programs a bundle replaces the trusted CAs, and some hosts bypass the proxy: with
    mitmproxy's certificate alone, connections to those would fail.
    """
    return b"\n".join([system_cas().read_bytes(), ca_certificate.read_bytes()])


def system_cas() -> Path:
    """The file of the system's CAs: SSL_CERT_FILE, OpenSSL's default, or certifi's."""
    configured = os.environ.get("SSL_CERT_FILE")
    for path in (configured, ssl.get_default_verify_paths().cafile):
        if path and os.path.isfile(path):
            return Path(path)
    import certifi  # part of the extras, and needed on few systems

    return Path(certifi.where())
