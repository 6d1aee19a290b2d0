"""Thousands of dossiers through tens of thousands of random faults: the province has each once, byte for byte."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue.entry import EntryState, OutboxEntry
from tests.queue.fault_proxy import FaultProxy, between
from tests.queue.faults import FAULTS
from tests.queue.kiosks import Kiosk, kiosk_at
from tests.queue.real_province import RealProvince, assert_arrived, real_province
from tests.queue.wire import HEALTH, Pace

SPEED = 300.0  # the kiosks' clocks run so much faster: all pauses keep their proportions
PATIENCE = (2.0, 0.3)  # to connect, between two bytes; these are real seconds
PACE = Pace(byte=0.001, delay=0.2, late=0.5, refuse=0.02)
WEIGHTS = {  # faults that cost a time-out are rarer, or the soak would wait rather than break
    name: 0.25 if name in ("silent", "mute", "vanish", "late_request", "length_too_long", "slow_request") else 1.0
    for name in FAULTS
} | {"slow_reply": 0.1, "late_reply": 0.5}
KINDS_RATE = {HEALTH: 0.15}  # or most of the faults would hit a question, not a dossier
WAITING = 24  # dossiers that wait in each store
RING_SECONDS = 0.01  # between two rings of the bell


@dataclass
class Plan:
    """How much a soak wants."""

    dossiers: int
    faults: int
    stores: int
    shared_stores: int  # how many of them have two senders
    power_cuts: int  # of the province
    rate: float
    large: float  # share of the dossiers with a scan of several MB
    seconds: float


@dataclass
class Soak:
    """A soak on its way."""

    plan: Plan
    seed: int
    proxy: FaultProxy
    province: RealProvince
    kiosks: list[Kiosk] = field(default_factory=list)
    sent: list[tuple[Kiosk, OutboxEntry]] = field(default_factory=list)

    def faults(self) -> int:
        """Faults at messages that carry a dossier or ask for one."""
        return sum(count for (_, kind), count in self.proxy.did.items() if kind != HEALTH)

    def pending(self) -> int:
        """Dossiers that wait."""
        return sum(kiosk.outbox.counts().pending for kiosk in self.kiosks)

    def scans(self, number: int) -> list[bytes]:
        """The papers of this dossier, the same at every call."""
        rng = random.Random(f"{self.seed} {number}")
        if rng.random() < self.plan.large:
            return [rng.randbytes(rng.randint(1_000_000, 4_000_000))]
        sizes = [rng.randint(1, 30_000) for _ in range(rng.choice([0, 1, 1, 1, 1, 2]))]
        return [rng.randbytes(size) for size in sizes]

    def add(self, kiosk: Kiosk) -> None:
        """One more citizen."""
        self.sent.append((kiosk, kiosk.submit(*self.scans(len(self.sent)))))

    def fill(self) -> bool:
        """Keep dossiers waiting until there were enough of them and of faults; whether more are wanted."""
        for kiosk in self.kiosks:
            for _ in range(WAITING - kiosk.outbox.counts().pending):
                if len(self.sent) >= self.plan.dossiers and self.faults() >= self.plan.faults:
                    return False
                self.add(kiosk)
        return True


def fast(start: float) -> tuple[Callable[[], datetime], Callable[[], float]]:
    """A wall clock and a monotonic one that run at `SPEED`."""
    origin = datetime.now(UTC)

    def monotonic() -> float:
        return (time.monotonic() - start) * SPEED

    return lambda: origin + timedelta(seconds=monotonic()), monotonic


def run(soak: Soak, senders: list[Kiosk]) -> None:
    """Send until all are there."""
    end = time.monotonic() + soak.plan.seconds
    cuts = [soak.plan.dossiers * (n + 1) // (soak.plan.power_cuts + 1) for n in range(soak.plan.power_cuts)]
    wanted = True
    for kiosk in senders:
        kiosk.sender.start()
    for turn in itertools.count():
        assert time.monotonic() < end, f"{soak.pending()} still wait after {soak.plan.seconds} s"
        for kiosk in senders:
            kiosk.sender.wake()
        time.sleep(RING_SECONDS)
        if turn % 10:
            continue
        wanted = wanted and soak.fill()
        if cuts and len(soak.sent) >= cuts[0]:
            cuts.pop(0)
            soak.province.kill()
            soak.province.start()
        if not wanted:
            soak.proxy.rate = min(soak.proxy.rate, 0.2)  # the last ones need not be the worst ones
            if not soak.pending():
                break
    for kiosk in senders:
        kiosk.sender.stop()
    soak.proxy.settle()


def check(soak: Soak) -> None:
    """The province has each once, byte for byte, and the kiosks know the codes that it gave."""
    arrived = soak.province.dossiers()
    stuck = [one for kiosk in soak.kiosks for one in kiosk.outbox.list(50, [EntryState.REJECTED])]
    assert not stuck, [(one.attempts, one.last_error, one.problems) for one in stuck]
    assert set(arrived) == {one.id for _, one in soak.sent}
    assert soak.proxy.accepted <= len(soak.sent)
    for number, (kiosk, one) in enumerate(soak.sent):
        assert_arrived(arrived[one.id], one, *soak.scans(number))
        stored = kiosk.outbox.get(one.id)
        assert stored is not None
        assert stored.receipt is not None, stored.state
        assert stored.receipt.code == arrived[one.id].code
    for kiosk in soak.kiosks:
        assert [path.name for path in (kiosk.folder / "scans").iterdir()] in ([], ["lock"])


def report(soak: Soak, seconds: float) -> None:
    """The counts, for whoever reads the output."""
    by_fault: dict[str, int] = {}
    for (name, _), count in soak.proxy.did.items():
        by_fault[name] = by_fault.get(name, 0) + count
    print(
        f"\nsoak: seed {soak.seed}, {len(soak.sent)} dossiers, {soak.faults()} faults, with those at health"
        f" checks {soak.proxy.faults()}, {len(soak.proxy.seen)} requests,"
        f" {soak.proxy.connections} connections, {seconds:.0f} s"
    )
    print(", ".join(f"{name} {count}" for name, count in sorted(by_fault.items(), key=lambda item: -item[1])))


def soak(plan: Plan, folder: Path) -> None:
    """The whole of it."""
    seed = int(os.environ.get("SOAK_SEED", 0)) or random.SystemRandom().randrange(1, 10**6)
    print(f"SOAK_SEED={seed}")
    started = time.monotonic()
    clock, monotonic = fast(started)
    rng = random.Random(seed)
    with ExitStack() as exits:
        province = exits.enter_context(real_province(folder / "province"))
        proxy = exits.enter_context(
            between(province.address, rng=rng, rate=plan.rate, weights=WEIGHTS, rates=KINDS_RATE, pace=PACE)
        )
        one = Soak(plan, seed, proxy, province)
        senders = []
        for number in range(plan.stores):
            for sender in range(2 if number < plan.shared_stores else 1):
                at = kiosk_at(
                    proxy.url, folder / str(number), PATIENCE, clock, seed=seed + number + sender, monotonic=monotonic
                )
                senders.append(exits.enter_context(at))
                if sender == 0:
                    one.kiosks.append(senders[-1])
        run(one, senders)
        report(one, time.monotonic() - started)
        assert len(one.sent) >= plan.dossiers
        assert one.faults() >= plan.faults
        check(one)


def test_a_hundred_dossiers_through_a_thousand_faults(tmp_path: Path) -> None:
    soak(Plan(100, 1_000, stores=5, shared_stores=2, power_cuts=1, rate=0.75, large=0.02, seconds=90), tmp_path)


@pytest.mark.torture
@pytest.mark.timeout(1200)
def test_thousands_of_dossiers_through_tens_of_thousands_of_faults(tmp_path: Path) -> None:
    soak(Plan(2_000, 20_000, stores=8, shared_stores=3, power_cuts=5, rate=0.65, large=0.03, seconds=1000), tmp_path)
