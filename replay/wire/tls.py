"""TLS for the exact server, with a certificate that clients trust."""

import ssl
from pathlib import Path

from ssetape.errors import ReplayError


def context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """Make the TLS context of a server for HTTP/1.1 and HTTP/2.

    Args:
        certificate: PEM file, with the chain to the CA if there is one.
        key: PEM file of its private key; by default, `certificate` contains it.

    Raises:
        ReplayError: a file cannot be read, or the key does not match.
    """
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Otherwise OpenSSL would prompt for a passphrase on the terminal.
        made.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl's own errors are OSErrors
        files = f"{certificate}" + (f" and {key}" if key else "")
        raise ReplayError(
            f"cannot use the certificate {files}: {error}; expected PEM, with its private key, "
            f"without a passphrase"
        ) from error
    made.options |= ssl.OP_NO_RENEGOTIATION  # `TlsBytes` writes without waiting for the client
    made.set_alpn_protocols(["h2", "http/1.1"])
    return made
