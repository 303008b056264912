"""Gathers facts about a machine: versions, mitmproxy's CA, a port, the environment."""

import importlib.metadata
import importlib.util
import os
import socket
import ssl
import sys
import time
from pathlib import Path

from ssetape.doctor.findings import Machine

_DAY_S = 86_400


def look(confdir: Path, host: str, port: int) -> Machine:
    """The facts about this machine. Changes nothing.

    Args:
        confdir: mitmproxy's folder.
        host, port: where a proxy would listen.
    """
    certificate = confdir.expanduser() / "mitmproxy-ca-cert.pem"
    expires_days, trusted, ca_error = None, False, ""
    if certificate.exists():
        try:
            expires_days, trusted = _certificate(certificate)
        except OSError as error:  # includes ssl.SSLError
            ca_error = error.strerror or str(error)
    return Machine(
        python=tuple(sys.version_info[:3]),
        mitmproxy=_mitmproxy_version(),
        ca_path=str(certificate),
        ca_expires_days=expires_days,
        ca_trusted=trusted,
        ca_error=ca_error,
        port=port,
        port_error=_port_error(host, port),
        variables=dict(os.environ),
    )


def _mitmproxy_version() -> str | None:
    if importlib.util.find_spec("mitmproxy") is None:
        return None
    try:
        return importlib.metadata.version("mitmproxy")
    except importlib.metadata.PackageNotFoundError:
        return None


def _certificate(path: Path) -> tuple[float, bool]:
    """Days until it expires, and whether the system trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    if not context.get_ca_certs():
        raise ssl.SSLError("the file has no CA certificate")
    expires_s = ssl.cert_time_to_seconds(str(context.get_ca_certs()[0]["notAfter"]))
    (own,) = context.get_ca_certs(binary_form=True)[:1]
    system = ssl.create_default_context()
    # OpenSSL reads a folder of hashed names only when it looks for a certificate. Debian also keeps
    # all of them in this file.
    bundle = Path(ssl.get_default_verify_paths().openssl_capath) / "ca-certificates.crt"
    if bundle.is_file():
        system.load_verify_locations(bundle)
    return (expires_s - time.time()) / _DAY_S, own in system.get_ca_certs(binary_form=True)


def _port_error(host: str, port: int) -> str:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return ""
