from pathlib import Path

import pytest
from proxies import server_context

from ssetape.errors import ReplayError
from ssetape.replay.wire.tls import context


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("nonsense")
    for given in ((path, None), (path, path), (tmp_path / "none.pem", None)):
        with pytest.raises(ReplayError, match=r"cannot use the certificate .*expected PEM"):
            context(*given)


def test_a_certificate_and_its_key_are_used(tmp_path: Path) -> None:
    server_context(tmp_path)  # which writes both into one file
    whole = tmp_path / "server.pem"
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    before, begin, rest = whole.read_text().partition("-----BEGIN CERTIFICATE-----")
    key.write_text(before)
    certificate.write_text(begin + rest)
    for made in (context(whole), context(certificate, key)):
        assert made.get_ca_certs() == []
    with pytest.raises(ReplayError, match="cannot use the certificate"):
        context(certificate)
