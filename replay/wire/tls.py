"""TLS for the exact server: from a certificate that clients trust."""

import ssl
from pathlib import Path

from ssetape.errors import ReplayError


def context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """What a server of HTTP/1.1 and HTTP/2 needs.

    Args:
        certificate: PEM, with the chain to the CA if there is one.
        key: its private key, PEM; by default in the same file.

    Raises:
        ReplayError: they cannot be read, or do not fit.
    """
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A passphrase would be asked for on the terminal.
        made.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl's own errors are OSErrors
        files = f"{certificate}" + (f" and {key}" if key else "")
        raise ReplayError(
            f"cannot use the certificate {files}: {error}; expected PEM, with its private key, "
            f"without a passphrase"
        ) from error
    made.set_alpn_protocols(["h2", "http/1.1"])
    return made
