"""Self-tests of the way to the province, against a real server with real certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk import config
from kiosk.diagnostics import selftests_province
from kiosk.diagnostics.records import Verdict
from kiosk.diagnostics.selftests import Finding
from offline_queue.http_gateway import HttpGateway
from tests.queue.certificates import Authority, server
from tests.queue.fault_proxy import between
from tests.queue.province import Province, running


@pytest.fixture
def province() -> Iterator[Province]:
    """A province in a thread."""
    with running() as started:
        yield started


def tls_of(url: str, **options: str) -> Finding:
    """The test with a kiosk that is configured so."""
    table = config.Province.model_validate({"url": url, **options})
    gateway = HttpGateway(url, "", table.ca_file, table.client_cert)
    try:
        return selftests_province.province_tls(gateway, table)
    finally:
        gateway.close()


@contextmanager
def sealed(province: Province, folder: Path, days: int, clients: Authority | None = None) -> Iterator[tuple[str, str]]:
    """The province behind a certificate that ends in so many days: its address and the CA file."""
    ours = Authority(folder, "ours")
    with between(("127.0.0.1", province.port), tls=server(ours.issue("server", days=days), clients)) as proxy:
        yield proxy.url, str(ours.file)


def test_a_sealed_line_tells_its_version_and_its_last_day(province: Province, tmp_path: Path) -> None:
    with sealed(province, tmp_path, 60) as (url, ca):
        found = tls_of(url, ca_file=ca)
    assert (found.verdict, found.code) == (Verdict.PASS, "")
    assert (found.figures["tls"], found.figures["health"]) == ("TLSv1.3", "ok")
    assert 59 < float(found.figures["certificate_days"]) <= 60


@pytest.mark.parametrize("days", [1, selftests_province.FEW_DAYS - 1])
def test_a_certificate_that_ends_soon_fails_while_all_still_works(
    province: Province, tmp_path: Path, days: int
) -> None:
    with sealed(province, tmp_path, days) as (url, ca):
        found = tls_of(url, ca_file=ca)
    assert (found.verdict, found.code, found.figures["health"]) == (Verdict.FAIL, "certificate_ends", "ok")


def test_our_own_certificate_is_looked_at_too(province: Province, tmp_path: Path) -> None:
    clients = Authority(tmp_path, "clients")
    with sealed(province, tmp_path, 60, clients) as (url, ca):
        soon = tls_of(url, ca_file=ca, client_cert=str(clients.issue("kiosk", days=3)))
        later = tls_of(url, ca_file=ca, client_cert=str(clients.issue("renewed", days=90)))
    assert (soon.verdict, soon.code) == (Verdict.FAIL, "certificate_ends")
    assert 2 < float(soon.figures["client_certificate_days"]) <= 3
    assert later.verdict is Verdict.PASS


def test_a_false_province_and_a_dead_one_fail(province: Province, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    with sealed(province, tmp_path, 60) as (url, _ca):
        found = tls_of(url, ca_file=str(other.file))
    assert (found.verdict, found.code) == (Verdict.FAIL, "province_unreachable")
    assert tls_of("http://127.0.0.1:9").code == "province_unreachable"


def test_loopback_without_a_seal_is_a_hint(province: Province) -> None:
    found = tls_of(province.url)
    assert (found.verdict, found.code) == (Verdict.PASS, "province_not_sealed")


def clock_at(province: Province, now: Callable[[], datetime]) -> Finding:
    """The clocks beside each other."""
    gateway = HttpGateway(province.url)
    try:
        return selftests_province.clock(gateway, now)
    finally:
        gateway.close()


@pytest.mark.parametrize("ahead", [-300, -61.5, 61.5, 300])
def test_a_clock_that_differs_fails(province: Province, ahead: float) -> None:
    found = clock_at(province, lambda: datetime.now(UTC) - timedelta(seconds=ahead))
    assert (found.verdict, found.code) == (Verdict.FAIL, "clock_differs")
    assert abs(float(found.figures["difference_s"]) - ahead) < 1.5


def test_a_clock_that_is_right_passes_and_without_a_province_nothing_is_known(province: Province) -> None:
    assert clock_at(province, lambda: datetime.now(UTC)).verdict is Verdict.PASS
    province.stop()
    found = clock_at(province, lambda: datetime.now(UTC))
    assert (found.verdict, found.code) == (Verdict.NOT_DONE, "province_unreachable")
