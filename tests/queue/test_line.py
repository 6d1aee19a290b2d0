"""A line that dies every 500 kB, captive portals, wrong certificates, no name server: what waits, and what goes out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_queue import http_gateway
from offline_queue import sender as sender_module
from tests.queue.certificates import Authority, server
from tests.queue.fault_proxy import between
from tests.queue.kiosks import kiosk_at
from tests.queue.people import ID_NUMBER
from tests.queue.real_province import TOKEN, RealProvince, real_province
from tests.queue.wire import HEALTH, PATCH, POST

SOON = 60.0  # seconds; only a broken sender needs them
LONG_FILE = 20_000_000
LINE_DIES_AFTER = 500_000
PORTALS = ("portal", "portal_redirect", "portal_keeps_method", "portal_not_found", "portal_511", "crooked_redirect")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvince]:
    with real_province(tmp_path_factory.mktemp("province")) as one:
        yield one


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "DRAIN_PAUSE_SECONDS", 0.02)


def test_twenty_megabytes_over_a_line_that_dies_every_500_kb(province: RealProvince, tmp_path: Path) -> None:
    scan = random.Random(20).randbytes(LONG_FILE)
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path, (5, 5)) as kiosk:
        proxy.cut_after = LINE_DIES_AFTER
        one = kiosk.submit(scan)
        assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}
        kiosk.assert_delivered(province, one, scan)
        cuts = sum(count for (name, _), count in proxy.did.items() if name == "cut")
        print(
            f"\n20 MB: {proxy.connections} connections, {cuts} cuts, {proxy.carried / LONG_FILE:.3f} × its bytes sent"
        )
        assert cuts >= LONG_FILE // LINE_DIES_AFTER
        assert proxy.carried <= 1.3 * LONG_FILE
        assert proxy.kinds().count("create") == 1


def test_nothing_goes_where_a_captive_portal_leads(province: RealProvince, tmp_path: Path) -> None:
    with between(province.address) as stranger, between(province.address, stranger=stranger.url + "/v1/files") as proxy:
        proxy.weights = dict.fromkeys(proxy.weights, 0.0) | dict.fromkeys(PORTALS, 1.0)
        for name in PORTALS:
            for kind in (HEALTH, "create", "post"):
                proxy.script(kind, name, name)
        with kiosk_at(proxy.url, tmp_path) as kiosk:
            scanned, plain = kiosk.submit(b"page"), kiosk.submit()
            assert kiosk.sender.drain(SOON) == {"delivered": 2, "pending": 0, "rejected": 0}
            kiosk.assert_delivered(province, scanned, b"page")
            kiosk.assert_delivered(province, plain)
        assert proxy.unscripted()
        assert stranger.connections == 0


def test_every_redirect_is_kept_from_the_stranger(province: RealProvince, tmp_path: Path) -> None:
    """Also with the scripts of `HEAD`, `PATCH` and the question, which come only after another fault."""
    with between(province.address) as stranger, between(province.address, stranger=stranger.url) as proxy:
        proxy.script(PATCH, "drop_in_request", "portal_keeps_method")
        proxy.script("head", "portal_redirect")
        proxy.script("post", "lose_reply")
        proxy.script("find", "portal_redirect", "portal_keeps_method")
        with kiosk_at(proxy.url, tmp_path) as kiosk:
            one = kiosk.submit(b"page")
            assert kiosk.sender.drain(SOON)["delivered"] == 1
            kiosk.assert_delivered(province, one, b"page")
        assert proxy.unscripted()
        assert stranger.connections == 0


@pytest.mark.parametrize("wrong", ["name", "expired", "authority", "no authority of ours"])
def test_nothing_is_told_to_a_province_with_a_wrong_certificate(
    province: RealProvince, tmp_path: Path, wrong: str
) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    shown = {
        "name": ours.issue("name", host="province.example"),
        "expired": ours.issue("expired", days=-1),
        "authority": other.issue("authority"),
        "no authority of ours": ours.issue("good"),
    }[wrong]
    trusted = {} if wrong == "no authority of ours" else {"ca_file": str(ours.file)}
    with between(province.address, tls=server(shown)) as proxy:
        with kiosk_at(proxy.url, tmp_path, tls=trusted) as kiosk:
            one = kiosk.submit(b"page")
            assert kiosk.sender.drain(0.3) == {"delivered": 0, "pending": 1, "rejected": 0}
            stored = kiosk.outbox.get(one.id)
            assert stored is not None
            assert stored.last_error == "province_unreachable"
            assert not kiosk.outbox.counts().alarm
        assert proxy.connections > 0
        assert proxy.seen == []
    with (
        between(province.address, tls=server(ours.issue("mended"))) as proxy,
        kiosk_at(proxy.url, tmp_path, tls={"ca_file": str(ours.file)}) as kiosk,
    ):
        assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}
        kiosk.assert_delivered(province, one, b"page")
        assert all(ID_NUMBER.encode() not in seen.head for seen in proxy.seen)
        assert all(TOKEN.encode() in seen.head for seen in proxy.seen if seen.kind != HEALTH)


def test_a_province_that_wants_our_certificate_gets_it(province: RealProvince, tmp_path: Path) -> None:
    ours, clients = Authority(tmp_path, "ours"), Authority(tmp_path, "clients")
    tls = server(ours.issue("server"), clients)
    with between(province.address, tls=tls) as proxy:
        with kiosk_at(proxy.url, tmp_path, tls={"ca_file": str(ours.file)}) as kiosk:
            one = kiosk.submit()
            assert kiosk.sender.drain(0.3)["pending"] == 1
            assert proxy.seen == []
        with_certificate = {"ca_file": str(ours.file), "client_cert": str(clients.issue("kiosk"))}
        with kiosk_at(proxy.url, tmp_path, tls=with_certificate) as kiosk:
            assert kiosk.sender.drain(SOON)["delivered"] == 1
            kiosk.assert_delivered(province, one)


def test_without_a_name_server_the_dossier_waits(province: RealProvince, tmp_path: Path) -> None:
    with kiosk_at("http://province.invalid", tmp_path) as kiosk:
        one = kiosk.submit(b"page")
        assert kiosk.sender.drain(0.3) == {"delivered": 0, "pending": 1, "rejected": 0}
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path) as kiosk:
        assert kiosk.sender.drain(SOON)["delivered"] == 1
        kiosk.assert_delivered(province, one, b"page")


@pytest.mark.parametrize(("idle_after", "lines"), [(60.0, 1), (0.0, 3)])
def test_a_line_that_was_idle_is_not_trusted(
    province: RealProvince, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle_after: float, lines: int
) -> None:
    """Routers forget idle lines without a word; in one go dossiers share a line."""
    monkeypatch.setattr(http_gateway, "KEPT_SECONDS", idle_after)
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path) as kiosk:
        for _ in range(3):
            kiosk.submit()
        assert kiosk.sender.drain(SOON)["delivered"] == 3
        assert len({seen.connection for seen in proxy.seen if seen.kind == POST}) == lines


def test_a_province_that_dies_and_comes_back_gets_the_rest(tmp_path: Path) -> None:
    """SIGKILL in the middle of a file; later the reply about the dossier is lost, and the question after it breaks."""
    scan = random.Random(5).randbytes(3_000_000)
    with (
        real_province(tmp_path / "province") as province,
        between(province.address) as proxy,
        kiosk_at(proxy.url, tmp_path) as kiosk,
    ):
        one = kiosk.submit(scan)
        proxy.script(PATCH, "pass", "pass", *["drop_in_request"] * 9)
        proxy.script("post", "lose_reply")
        proxy.script("find", *["drop_before"] * 3)
        kiosk.sender.drain(0.1)
        province.kill()
        assert kiosk.sender.drain(0.2)["pending"] == 1
        province.start()
        assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}
        kiosk.assert_delivered(province, one, scan)
        assert proxy.kinds().count("create") == 1
