import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from proxies import server_context

from ssetape.doctor import machine as surroundings


def test_a_folder_without_a_ca_is_left_as_it_is(tmp_path: Path) -> None:
    machine = surroundings.look(tmp_path / "none", "127.0.0.1", 0)
    assert machine.ca_path == str(tmp_path / "none" / "mitmproxy-ca-cert.pem")
    assert (machine.ca_expires_days, machine.ca_trusted, machine.ca_error) == (None, False, "")
    assert not (tmp_path / "none").exists()
    assert machine.python == tuple(sys.version_info[:3])
    assert machine.port_error == ""


def certificate(folder: Path) -> Path:
    """A CA's certificate of a day, where mitmproxy has its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mitmproxy-ca-cert.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_of_no_ca_is_told(tmp_path: Path) -> None:
    server_context(tmp_path)
    (tmp_path / "server.pem").rename(tmp_path / "mitmproxy-ca-cert.pem")
    assert "no CA certificate" in surroundings.look(tmp_path, "127.0.0.1", 0).ca_error


def test_a_ca_tells_its_expiry_and_whether_the_system_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path)
    machine = surroundings.look(tmp_path, "127.0.0.1", 0)
    assert machine.ca_expires_days == pytest.approx(1, abs=0.1)
    assert not machine.ca_trusted
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert surroundings.look(tmp_path, "127.0.0.1", 0).ca_trusted


@pytest.mark.parametrize("content", ["", "nonsense"])
def test_a_ca_that_is_none_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca-cert.pem").write_text(content)
    assert surroundings.look(tmp_path, "127.0.0.1", 0).ca_error


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        machine = surroundings.look(tmp_path, "127.0.0.1", taken.getsockname()[1])
    assert "in use" in machine.port_error


def test_mitmproxy_is_not_there_where_it_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mitmproxy", None)
    assert surroundings.look(tmp_path, "127.0.0.1", 0).mitmproxy is None
