"""Every fault of the line at every message, and the dossier arrives once, byte for byte: against the real province."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from offline_queue import sender as sender_module
from tests.queue.fault_proxy import between
from tests.queue.faults import FAULTS
from tests.queue.kiosks import kiosk_at
from tests.queue.people import entry
from tests.queue.real_province import RealProvince, real_province
from tests.queue.wire import CREATE, FIND, HEAD, HEALTH, KINDS, PATCH, POST, Pace

SOON = 30.0  # seconds; only a broken sender needs them
PATIENCE = (1.0, 0.2)  # to connect, between two bytes
PACE = Pace(byte=0.002, delay=0.3, late=0.3, refuse=0.03, busy=0)
BEFORE = {  # what else must go wrong, that a message of this kind is sent at all
    HEALTH: [(POST, "drop_before")],
    FIND: [(POST, "lose_reply")],
    HEAD: [(PATCH, "drop_in_request")],
}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvince]:
    with real_province(tmp_path_factory.mktemp("province")) as one:
        yield one


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_one_fault_at_each_message(
    province: RealProvince, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Each kind of message with a kiosk of its own, all at the same time."""
    monkeypatch.setattr(sender_module, "DRAIN_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(sender_module, "SHORTEST_PAUSE", 0.02)
    with ThreadPoolExecutor(len(KINDS)) as pool:
        list(pool.map(lambda kind: one_fault(province, tmp_path / kind, kind, fault), KINDS))


def one_fault(province: RealProvince, folder: Path, kind: str, fault: str) -> None:
    """Two dossiers, the fault at the first message of this kind."""
    scan = random.Random(fault + kind).randbytes(30_000)
    with between(province.address, pace=PACE) as proxy, kiosk_at(proxy.url, folder, PATIENCE) as kiosk:
        for other, before in BEFORE.get(kind, []):
            proxy.script(other, before)
        proxy.script(kind, fault)
        one, next_one = kiosk.submit(scan), kiosk.submit()
        assert kiosk.sender.drain(SOON) == {"delivered": 2, "pending": 0, "rejected": 0}, kind
        proxy.settle()
        assert proxy.did[fault, kind] == 1, kind
        kiosk.assert_delivered(province, one, scan)
        kiosk.assert_delivered(province, next_one)
        assert proxy.accepted <= 2, kind
        if kind in (HEAD, PATCH):
            assert CREATE not in proxy.kinds()[proxy.kinds().index(PATCH) :], "the file began anew"


def test_an_answer_that_comes_again_is_not_taken_for_another_file_s(
    province: RealProvince, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of one upload comes once more when the next file asks for its own."""
    monkeypatch.setattr(sender_module, "DRAIN_PAUSE_SECONDS", 0.02)
    first, second = random.Random(1).randbytes(30_000), random.Random(2).randbytes(20_000)
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path) as kiosk:
        proxy.script(CREATE, "stale")
        proxy.script(PATCH, "bad_gateway")
        proxy.script(HEAD, "bad_gateway", "bad_gateway")
        one, other = kiosk.submit(first), kiosk.submit(second)
        assert kiosk.sender.drain(SOON) == {"delivered": 2, "pending": 0, "rejected": 0}
        kiosk.assert_delivered(province, one, first)
        kiosk.assert_delivered(province, other, second)


def test_a_refusal_that_comes_again_refuses_no_other_dossier(province: RealProvince, tmp_path: Path) -> None:
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path) as kiosk:
        proxy.script(POST, "stale")
        faulty = entry()  # the province's schema wants more
        kiosk.outbox.add(faulty)
        good = kiosk.submit()
        assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 1}
        kiosk.assert_delivered(province, good)


def test_the_answer_to_a_question_is_not_that_to_the_next(province: RealProvince, tmp_path: Path) -> None:
    with between(province.address) as proxy, kiosk_at(proxy.url, tmp_path) as kiosk:
        one = kiosk.submit()
        assert kiosk.sender.drain(SOON)["delivered"] == 1
        proxy.script(FIND, "stale")
        assert kiosk.gateway.find(one.id) is not None
        assert kiosk.gateway.find(entry().id) is None
