"""Every fault of the line at every message, and the dossier arrives once, byte for byte: against the real province."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_queue import sender as sender_module
from tests.queue.fault_proxy import FaultProxy, between
from tests.queue.faults import FAULTS
from tests.queue.kiosks import Kiosk, kiosk_at
from tests.queue.real_province import RealProvince, real_province
from tests.queue.wire import FIND, HEAD, HEALTH, KINDS, PATCH, POST, Pace

SOON = 20.0  # seconds; only a broken sender needs them
PATIENCE = (1.0, 0.15)  # to connect, between two bytes
PACE = Pace(byte=0.002, delay=0.25, late=0.25, refuse=0.03, busy=0)
BEFORE = {  # what else must go wrong, that a message of this kind is sent at all
    HEALTH: [(POST, "drop_before")],
    FIND: [(POST, "lose_reply")],
    HEAD: [(PATCH, "drop_in_request")],
}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvince]:
    with real_province(tmp_path_factory.mktemp("province")) as one:
        yield one


@pytest.fixture
def proxy(province: RealProvince) -> Iterator[FaultProxy]:
    with between(province.address, pace=PACE) as one:
        yield one


@pytest.fixture
def kiosk(proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    monkeypatch.setattr(sender_module, "DRAIN_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(sender_module, "SHORTEST_PAUSE", 0.02)
    with kiosk_at(proxy.url, tmp_path, PATIENCE) as one:
        yield one


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_one_fault_at_one_message(
    kiosk: Kiosk, proxy: FaultProxy, province: RealProvince, kind: str, fault: str
) -> None:
    scan = random.Random(fault + kind).randbytes(30_000)
    for other, before in BEFORE.get(kind, []):
        proxy.script(other, before)
    proxy.script(kind, fault)
    one, next_one = kiosk.submit(scan), kiosk.submit()
    assert kiosk.sender.drain(SOON) == {"delivered": 2, "pending": 0, "rejected": 0}
    proxy.settle()
    assert proxy.did[fault, kind] == 1
    kiosk.assert_delivered(province, one, scan)
    kiosk.assert_delivered(province, next_one)
    assert proxy.accepted <= 2
