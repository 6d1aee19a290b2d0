"""The wall clock jumps while dossiers wait, are leased or are backed off: nothing is stuck, lost or there twice."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue import sender as sender_module
from offline_queue.entry import EntryState
from offline_queue.retry import CAP_SECONDS
from offline_queue.store import LEASE_SECONDS
from tests.queue.fault_proxy import FaultProxy, between
from tests.queue.faults import FAULTS
from tests.queue.kiosks import Kiosk, kiosk_at
from tests.queue.people import ID_NUMBER, NAME
from tests.queue.real_province import ROOT, TOKEN, RealProvince, real_province
from tests.queue.wire import HEALTH, POST, Pace

SOON = 30.0  # seconds; only a broken sender needs them
LONGEST = 3600.0  # seconds that anything may wait by any clock: as long as a province may ask for
YEAR = timedelta(days=365)
DAWN = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)  # two seconds before midnight
JUMPS = {
    "back a year": -YEAR,
    "forward a year": YEAR,
    "back fifty minutes": timedelta(minutes=-50),
    "across midnight": timedelta(seconds=4),
    "back across midnight": timedelta(days=-1),
    "just before the end of the lease": timedelta(seconds=LEASE_SECONDS - 1),
    "just after the end of the lease": timedelta(seconds=LEASE_SECONDS + 1),
    "back before the lease": timedelta(seconds=-LEASE_SECONDS - 1),
    "to 1970": datetime(1970, 1, 2, tzinfo=UTC) - DAWN,
    "past 2038": datetime(2039, 1, 1, tzinfo=UTC) - DAWN,
}

DRAIN = """
import sys
from pathlib import Path
from offline_queue import sender
from tests.queue.kiosks import kiosk_at
sender.DRAIN_PAUSE_SECONDS = 0.02
with kiosk_at(sys.argv[1], Path(sys.argv[2]), (1.0, 0.3), seed=int(sys.argv[3])) as kiosk:
    print("ready", flush=True)
    sys.stdin.readline()
    print(kiosk.sender.drain(float(sys.argv[4]))["delivered"])
"""


class Clock:
    """A wall clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = DAWN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvince]:
    with real_province(tmp_path_factory.mktemp("province")) as one:
        yield one


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def proxy(province: RealProvince) -> Iterator[FaultProxy]:
    with between(province.address, pace=Pace(late=0.2, delay=0.2, refuse=0.02, busy=0, byte=0.001)) as one:
        yield one


@pytest.fixture
def kiosk(proxy: FaultProxy, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    monkeypatch.setattr(sender_module, "DRAIN_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(sender_module, "TICK_SECONDS", 0.02)
    with kiosk_at(proxy.url, tmp_path, clock=clock) as one:
        yield one


def waiting(kiosk: Kiosk, clock: Clock) -> None:
    kiosk.submit(b"page")


def leased(kiosk: Kiosk, clock: Clock) -> None:
    kiosk.submit(b"page")
    assert kiosk.outbox.lease(clock()) is not None


def backed_off(kiosk: Kiosk, clock: Clock) -> None:
    kiosk.submit(b"page")
    one = kiosk.outbox.lease(clock())
    assert one is not None
    kiosk.outbox.retry_at(one.id, clock() + timedelta(seconds=CAP_SECONDS), "province_unreachable")


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("state", [waiting, leased, backed_off])
def test_after_any_jump_nothing_waits_longer_than_the_cap(
    kiosk: Kiosk, clock: Clock, jump: str, state: Callable[[Kiosk, Clock], None]
) -> None:
    state(kiosk, clock)
    clock.now += JUMPS[jump]
    due_in = kiosk.outbox.seconds_until_due(clock())
    assert due_in is not None
    assert due_in <= LONGEST
    clock.now += timedelta(seconds=due_in)
    assert kiosk.outbox.seconds_until_due(clock()) == 0
    assert kiosk.outbox.lease(clock()) is not None


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("state", [waiting, leased, backed_off])
def test_a_running_sender_lives_through_any_jump(
    kiosk: Kiosk,
    clock: Clock,
    province: RealProvince,
    proxy: FaultProxy,
    jump: str,
    state: Callable[[Kiosk, Clock], None],
) -> None:
    """The clock jumps while the sender has the entry in its hands, and its reply is lost on top."""
    state(kiosk, clock)
    proxy.script(POST, "lose_reply")
    (one,) = kiosk.outbox.list(5, [EntryState.PENDING, EntryState.SENDING])
    sent = kiosk.outbox.get(one.id)
    assert sent is not None
    kiosk.sender.start()
    if state is backed_off:
        clock.now += timedelta(seconds=CAP_SECONDS)
    wait_for(lambda: POST in proxy.kinds() or proxy.did[("lose_reply", POST)] > 0, kiosk)
    clock.now += JUMPS[jump]
    wait_for(lambda: _pass_time(kiosk, clock), kiosk)
    kiosk.assert_delivered(province, sent, b"page")
    assert proxy.accepted == 1


def _pass_time(kiosk: Kiosk, clock: Clock) -> bool:
    """One minute goes by; whether all has been sent."""
    clock.now += timedelta(seconds=60)
    return kiosk.outbox.counts().pending == 0


def wait_for(wanted: Callable[[], bool], kiosk: Kiosk) -> None:
    """Ring the bell until it is so; fails when more time went by than any back-off takes."""
    pause = threading.Event()
    for _ in range(round(LONGEST / 60) * 10):
        kiosk.sender.wake()
        if wanted():
            return
        pause.wait(0.02)
    raise AssertionError("it never comes")


def test_jumps_all_the_time_while_the_line_breaks(
    kiosk: Kiosk, clock: Clock, province: RealProvince, proxy: FaultProxy
) -> None:
    rng = random.Random(7)
    scans = [rng.randbytes(2000) for _ in range(15)]
    sent = [kiosk.submit(scan) for scan in scans]
    proxy.rate, proxy.rates = 0.4, {HEALTH: 0.1}
    proxy.weights = dict.fromkeys(("silent", "mute", "vanish", "slow_request", "length_too_long", "slow_reply"), 0.0)
    kiosk.sender.start()

    def jump() -> bool:
        clock.now = DAWN + rng.choice(list(JUMPS.values())) + timedelta(seconds=rng.uniform(0, 600))
        return kiosk.outbox.counts().pending == 0

    wait_for(jump, kiosk)
    proxy.settle()
    for one, scan in zip(sent, scans, strict=True):
        kiosk.assert_delivered(province, one, scan)


def python(*command: str) -> subprocess.Popen[str]:
    """A child that is spoken to."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_two_processes_drain_one_store_through_faults(
    province: RealProvince, proxy: FaultProxy, tmp_path: Path
) -> None:
    rng = random.Random(8)
    scans = [rng.randbytes(rng.randint(1, 400_000)) for _ in range(24)]
    with kiosk_at(proxy.url, tmp_path) as kiosk:
        sent = [kiosk.submit(scan) for scan in scans]
        proxy.rate, proxy.rates = 0.3, {HEALTH: 0.1}
        proxy.weights = {name: 0.2 for name in FAULTS if name in ("silent", "mute", "vanish", "slow_request", "busy")}
        command = [sys.executable, "-c", DRAIN, proxy.url, str(tmp_path)]
        with ExitStack() as exits:
            children = [exits.enter_context(python(*command, str(seed), str(SOON))) for seed in (1, 2)]
            for child in children:
                assert child.stdout is not None
                assert child.stdout.readline() == "ready\n"
            for child in children:
                assert child.stdin is not None
                child.stdin.write("go\n")
                child.stdin.flush()
            said = [child.communicate() for child in children]
        delivered = [int(out) for out, _ in said]
        assert min(delivered) > 0
        assert not any(secret in text for _, text in said for secret in (NAME, ID_NUMBER, TOKEN))
        proxy.settle()
        print(f"\ntwo processes: {delivered} delivered, {proxy.faults()} faults")
        assert kiosk.outbox.counts().pending == kiosk.outbox.counts().rejected == 0
        for one, scan in zip(sent, scans, strict=True):
            kiosk.assert_delivered(province, one, scan)
        assert proxy.accepted <= len(sent)
