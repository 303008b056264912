"""The options that have a replay speak TLS, and so HTTP/2 to those who ask for it."""

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ssetape.cli.running.proxy import import_inside
from ssetape.cli.terminal.output import note


def tls_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --tls, --http3, --certificate and --key."""
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
            "--http3",
            "uses_http_3",
            is_flag=True,
            help="Speak HTTP/3 as well, on the UDP port of the same number; implies --tls.",
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the server is: for TLS, and the files, PEM, for others who speak it."""

    context: ssl.SSLContext
    files: tuple[Path, Path]


def make_identity(
    ctx: click.Context,
    uses_tls: bool,
    certificate: Path | None,
    key: Path | None,
    host: str,
    confdir: str,
) -> Identity | None:
    """What the options ask for; None: no TLS.

    Raises:
        click.UsageError: a key without its certificate.
        ReplayError: the certificate cannot be used.
    """
    from ssetape.replay import tls

    if certificate is None and key is not None:
        raise click.UsageError("--key: expected --certificate as well")
    if certificate is not None:
        return Identity(tls.context(certificate, key), (certificate, key or certificate))
    if not uses_tls:
        return None
    import_inside()  # says what to install
    from ssetape.addon import certificates

    pem = certificates.make(Path(confdir), [*({host} - {"0.0.0.0", "::"}), "localhost", *_LOCAL])
    folder = ctx.with_resource(tempfile.TemporaryDirectory(prefix="ssetape-"))  # its mode is 0700
    path = Path(folder) / "certificate.pem"
    path.write_bytes(pem)
    note(f"clients have to trust {certificates.ca_certificate(Path(confdir))}")
    return Identity(tls.context(path), (path, path))


_LOCAL = ("127.0.0.1", "::1")
