"""Serving beside the kiosk: TLS, a taken port, a broken certificate, the machine as a whole."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.config import Config
from kiosk.pages.server import DOWN, Address
from kiosk.serving import bind
from kiosk.wiring import Machine
from tests.flows.conftest import Player, config  # noqa: F401  a fixture
from tests.flows.test_dossier import submit
from tests.pages.desk import OFFICER, PATIENCE, PIN, Browser, Office, eventually


def certificate(folder: Path, name: str = "desk", password: bytes = b"") -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1 and kiosk.phuong.example, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kiosk")])
    names = [x509.DNSName("kiosk.phuong.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealing = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing))
    return pem, secret


def free_port() -> int:
    """A port that nobody uses."""
    with bind("127.0.0.1", 0) as free:
        port: int = free.getsockname()[1]
        return port


def test_tls_with_the_certificate_of_the_site(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    with Office(tmp_path, Address("127.0.0.1", 0, pem, key)) as office:
        assert office.url.startswith("https://")
        browser = Browser(office.url, verify=str(pem))
        answer = browser.post("/login", name=OFFICER, pin=PIN)
        cookie = answer.history[0].headers["Set-Cookie"]
        assert cookie.startswith("__Host-desk=")
        assert "; Secure" in cookie
        assert answer.status_code == 200
        port = office.url.rpartition(":")[2]
        for host, status in ((f"kiosk.phuong.example:{port}", 200), (f"other.example:{port}", 421)):
            assert browser.get("/login", Host=host).status_code == status
        plain = browser.send("/logout", {"csrf": browser.token}, {"Origin": office.url.replace("https", "http")})
        assert plain.status_code == 403
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", int(port))) as line, old.wrap_socket(line) as secure:
            assert secure.version() == "TLSv1.2"


@pytest.mark.parametrize("fault", ["missing", "garbage", "another key", "password"])
def test_a_certificate_that_cannot_be_used_is_told_and_tried_again(tmp_path: Path, fault: str) -> None:
    pem, key = certificate(tmp_path, password=b"secret" if fault == "password" else b"")
    other = certificate(tmp_path, "other")[1]
    whole = tmp_path / "whole"
    good = certificate(tmp_path, "good")
    if fault == "missing":
        pem.unlink()
    elif fault == "garbage":
        pem.write_text("no certificate")
    elif fault == "another key":
        key.write_bytes(other.read_bytes())
    office = Office(whole, Address("127.0.0.1", 0, pem, key))
    office.pages.start()
    try:
        eventually(lambda: DOWN in office.outbox.notices())
        assert office.woken.is_set()
        assert not office.pages.up.is_set()
        for target, source in ((pem, good[0]), (key, good[1])):
            (tmp_path / "new").write_bytes(source.read_bytes())
            (tmp_path / "new").replace(target)
        assert office.pages.up.wait(PATIENCE)
        assert DOWN not in office.outbox.notices()
        assert requests.get(f"{office.url}/login", verify=str(pem), timeout=20).status_code == 200
    finally:
        office.pages.stop()
        office.outbox.close()


def test_a_renewed_certificate_is_taken_up_while_serving(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    port = free_port()
    with Office(tmp_path, Address("127.0.0.1", port, pem, key)) as office:
        cookies = dict(_logged_in(office, pem).http.cookies)
        before = ssl.get_server_certificate(("127.0.0.1", port))
        new = certificate(tmp_path, "new")
        later = datetime.now(UTC).timestamp() + 5
        for source, target in zip(new, (pem, key), strict=True):
            os.utime(source, (later, later))
            source.replace(target)
        eventually(lambda: _certificate(port) not in ("", before))
        page = requests.get(office.url, verify=str(pem), cookies=cookies, timeout=20)
        assert not page.url.endswith("/login")  # nobody was logged out


def _logged_in(office: Office, pem: Path) -> Browser:
    browser = Browser(office.url, verify=str(pem))
    browser.post("/login", name=OFFICER, pin=PIN)
    return browser


def _certificate(port: int) -> str:
    try:
        return ssl.get_server_certificate(("127.0.0.1", port))
    except OSError:
        return ""


def test_a_taken_port_is_told_and_tried_again(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as other:
        other.listen()
        port = other.getsockname()[1]
        office = Office(tmp_path, Address("127.0.0.1", port))
        office.pages.start()
        try:
            eventually(lambda: DOWN in office.outbox.notices())
            other.close()
            assert office.pages.up.wait(PATIENCE)
            assert office.url == f"http://127.0.0.1:{port}"
            assert DOWN not in office.outbox.notices()
        finally:
            office.pages.stop()
            office.outbox.close()


def test_stopping_before_and_twice(tmp_path: Path) -> None:
    Office(tmp_path / "other").__exit__(None, None, None)
    with Office(tmp_path) as office:
        office.pages.stop()
        assert not office.pages.up.is_set()


def test_the_running_kiosk_serves_its_officers(config: Config) -> None:  # noqa: F811  the fixture
    port = free_port()
    served = config.model_copy(update={"hall": config.hall.model_copy(update={"listen": f"127.0.0.1:{port}"})})
    with Machine(served) as machine:
        player = Player(machine)
        assert machine.province
        machine.province.fault = "reject"
        ref = submit(player, "2.000635")
        player.until(lambda state: state.outbox.rejected == 1, "the rejection")
        browser = Browser(f"http://127.0.0.1:{port}")
        eventually(lambda: _answers(port))
        browser.post("/login", name=OFFICER, pin=PIN)
        entry = player.kiosk.parts.outbox.get(ref)
        assert entry
        machine.province.fault = ""
        browser.correct(entry, {"answer:requester.full_name": "Nguyễn Thị Đảo"})
        browser.confirm(entry)
        player.until(lambda state: state.outbox.delivered == 1, "the acceptance of the correction")
        assert player.state.outbox.rejected == 0
    assert not _answers(port)


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_the_board_needs_no_officer_and_the_counters_say_that_there_is_none(
    config: Config,  # noqa: F811  the fixture
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    hall = config.hall.model_copy(update={"listen": f"127.0.0.1:{port}"})
    with Machine(config.model_copy(update={"hall": hall, "embedded": False})) as machine:
        assert machine.kiosk.parts.accounts == ()
        eventually(lambda: _answers(port))
        browser = Browser(f"http://127.0.0.1:{port}")
        assert "không ai chờ" in browser.get("/board").text
        for path in ("/counter", "/"):
            text = browser.get(path).text
            assert "Kiosk này chưa có tài khoản cán bộ nào." in text
            assert "main.py account add" in text
            assert "<select" not in text
        assert browser.post("/login", name=OFFICER, pin=PIN).status_code == 403
    assert caplog.text.count("nobody can log in") == 1


def test_with_an_officer_nothing_is_said_of_accounts(config: Config, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    port = free_port()
    served = config.model_copy(update={"hall": config.hall.model_copy(update={"listen": f"127.0.0.1:{port}"})})
    with Machine(served):
        eventually(lambda: _answers(port))
        assert "account add" not in Browser(f"http://127.0.0.1:{port}").get("/counter").text
    assert "nobody can log in" not in caplog.text
