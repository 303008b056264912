"""The options that have a replay speak TLS, and so HTTP/2 to those who ask for it."""

import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ssetape.cli._output import note
from ssetape.cli._proxy import import_embed


def tls_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --tls, --certificate and --key."""
    for option in (
        click.option(
            "--key",
            "key_path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Its private key, PEM, if it is in another file.",
        ),
        click.option(
            "--certificate",
            "certificate_path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A certificate of your own for --tls, PEM.",
        ),
        click.option(
            "--tls",
            "uses_tls",
            is_flag=True,
            help="Speak TLS, HTTP/1.1 and HTTP/2; the certificate is made by mitmproxy's CA.",
        ),
    ):
        function = option(function)
    return function


def make_tls(
    uses_tls: bool, certificate: Path | None, key: Path | None, host: str, confdir: str
) -> ssl.SSLContext | None:
    """What the options ask for; None: no TLS.

    Raises:
        click.UsageError: a key without its certificate.
        ReplayError: the certificate cannot be used.
    """
    from ssetape.replay import tls

    if certificate is None and key is not None:
        raise click.UsageError("--key: expected --certificate as well")
    if certificate is not None:
        return tls.context(certificate, key)
    if not uses_tls:
        return None
    import_embed()  # says what to install
    from ssetape.addon import certificates

    pem = certificates.make(Path(confdir), [*({host} - {"0.0.0.0", "::"}), "localhost", *_LOCAL])
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # its mode is 0600
        file.write(pem)
        file.flush()
        made = tls.context(Path(file.name))
    note(f"clients have to trust {certificates.ca_certificate(Path(confdir))}")
    return made


_LOCAL = ("127.0.0.1", "::1")
