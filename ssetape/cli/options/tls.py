"""The options for a replay over TLS, which makes HTTP/2 and HTTP/3 possible."""

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from ssetape.cli.options.extras import import_authority
from ssetape.cli.options.group import option_group
from ssetape.cli.terminal.output import note

_EVERYWHERE = {"0.0.0.0", "::"}
_LOCAL = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Identity:
    """The server's certificate and key: a TLS context, and PEM files, which may be the same."""

    context: ssl.SSLContext
    files: tuple[Path, Path]


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """The options' values."""

    uses_tls: bool
    uses_http_3: bool
    certificate_path: Path | None
    key_path: Path | None

    @property
    def is_wanted(self) -> bool:
        """Whether the server is to speak TLS."""
        return self.uses_tls or self.uses_http_3 or self.certificate_path is not None

    def identity(self, ctx: click.Context, host: str, confdir: Path) -> Identity | None:
        """The identity of the server at `host`; None without TLS.

        Args:
            ctx: removes a generated certificate when the command ends.
            confdir: mitmproxy's folder, with the CA that signs a generated certificate.

        Raises:
            click.UsageError: there is a key without a certificate.
            ReplayError: the certificate cannot be used.
        """
        from ssetape.replay import tls

        certificate, key = self.certificate_path, self.key_path
        if certificate is None and key is not None:
            raise click.UsageError("--key needs --certificate")
        if certificate is not None:
            return Identity(tls.context(certificate, key), (certificate, key or certificate))
        if not self.is_wanted:
            return None
        authority = import_authority().Authority(confdir)
        names = [*({host} - _EVERYWHERE), "localhost", *_LOCAL]
        # The folder's mode is 0700.
        folder = ctx.with_resource(tempfile.TemporaryDirectory(prefix="ssetape-"))
        path = Path(folder) / "certificate.pem"
        path.write_bytes(authority.issue(names))
        note(f"clients must trust {authority.certificate_path}")
        return Identity(tls.context(path), (path, path))


tls_options = option_group(
    "tls",
    TlsOptions,
    click.option(
        "--tls",
        "uses_tls",
        is_flag=True,
        help="Serve HTTP/1.1 and HTTP/2 over TLS, with a certificate from mitmproxy's CA.",
    ),
    click.option(
        "--http3",
        "uses_http_3",
        is_flag=True,
        help="Also serve HTTP/3, on the UDP port with the same number; implies --tls.",
    ),
    click.option(
        "--certificate",
        "certificate_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Your own certificate for TLS, PEM.",
    ),
    click.option(
        "--key",
        "key_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Its private key, PEM, if in a separate file.",
    ),
)
