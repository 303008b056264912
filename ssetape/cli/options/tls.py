"""The options that have a replay speak TLS, and so HTTP/2 to those who ask for it."""

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from ssetape.cli.options.extras import import_inside
from ssetape.cli.options.group import option_group
from ssetape.cli.terminal.output import note

_EVERYWHERE = {"0.0.0.0", "::"}
_LOCAL = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the server is: for TLS, and the files, PEM, for others who speak it."""

    context: ssl.SSLContext
    files: tuple[Path, Path]


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """What the options say."""

    uses_tls: bool
    uses_http_3: bool
    certificate_path: Path | None
    key_path: Path | None

    def identity(self, ctx: click.Context, host: str, confdir: Path) -> Identity | None:
        """Who the server at `host` is; None: no TLS.

        Args:
            ctx: removes what is made, at the end.
            confdir: mitmproxy's folder, with the CA of a certificate that has to be made.

        Raises:
            click.UsageError: a key without its certificate.
            ReplayError: the certificate cannot be used.
        """
        from ssetape.replay import tls

        certificate, key = self.certificate_path, self.key_path
        if certificate is None and key is not None:
            raise click.UsageError("--key: expected --certificate as well")
        if certificate is not None:
            return Identity(tls.context(certificate, key), (certificate, key or certificate))
        if not (self.uses_tls or self.uses_http_3):
            return None
        import_inside()  # says what to install
        from ssetape.addon import certificates

        names = [*({host} - _EVERYWHERE), "localhost", *_LOCAL]
        pem = certificates.make(confdir, names)
        # Its mode is 0700.
        folder = ctx.with_resource(tempfile.TemporaryDirectory(prefix="ssetape-"))
        path = Path(folder) / "certificate.pem"
        path.write_bytes(pem)
        note(f"clients have to trust {certificates.ca_certificate(confdir)}")
        return Identity(tls.context(path), (path, path))


tls_options = option_group(
    "tls",
    TlsOptions,
    click.option(
        "--tls",
        "uses_tls",
        is_flag=True,
        help="Speak TLS, HTTP/1.1 and HTTP/2; the certificate is made by mitmproxy's CA.",
    ),
    click.option(
        "--http3",
        "uses_http_3",
        is_flag=True,
        help="Speak HTTP/3 as well, on the UDP port of the same number; implies --tls.",
    ),
    click.option(
        "--certificate",
        "certificate_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A certificate of your own for --tls, PEM.",
    ),
    click.option(
        "--key",
        "key_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Its private key, PEM, if it is in another file.",
    ),
)
