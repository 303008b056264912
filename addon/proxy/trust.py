"""The CA bundle that a recorded program is given: the system's CAs and the proxy's."""

import os
import ssl
from pathlib import Path

import certifi


def bundle(ca_certificate: Path) -> bytes:
    """All that the system trusts, and mitmproxy's CA, as one PEM.

    Most programs let a bundle replace what they trust, and some hosts bypass the proxy: so
    one certificate alone would break them.
    """
    return b"\n".join([system_cas().read_bytes(), ca_certificate.read_bytes()])


def system_cas() -> Path:
    """The file of CAs that programs here trust: SSL_CERT_FILE's, OpenSSL's, or certifi's."""
    configured = os.environ.get("SSL_CERT_FILE")
    candidates = (configured, ssl.get_default_verify_paths().cafile, certifi.where())
    return next(Path(path) for path in candidates if path and os.path.isfile(path))
