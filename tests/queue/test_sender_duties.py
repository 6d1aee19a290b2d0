"""What the sender does beside sending: the heartbeat, the clocks, forgetting what is old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue.gateway import Unreachable
from offline_queue.store import Outbox
from tests.queue.people import KEY, NAME
from tests.queue.province import Province, answer
from tests.queue.sending import SOON, Kiosk, replaced

POST = ("POST", "/v1/dossiers")


def test_the_heartbeat_tells_how_the_kiosk_is_once_a_minute(kiosk: Kiosk, province: Province) -> None:
    now = [1000.0]
    sender = replaced(kiosk, report=lambda: {"kiosk": "k1", "version": "0.1.0"}, monotonic=lambda: now[0])
    kiosk.submit()
    province.fault(*POST, answer(422, b"{}"))
    sender.step()
    for _ in range(40):
        now[0] += 10
        sender.step()
    beats = province.heartbeats
    assert 5 <= len(beats) <= 8
    assert beats[-1] == {
        "path": "/v1/kiosks/k1/heartbeat",
        "kiosk": "k1",
        "version": "0.1.0",
        "queue": {"waiting": 0, "rejected": 1, "oldest_seconds": 0},
        "clock_ahead_seconds": 0.0,
    }
    assert NAME not in str(beats)


def test_a_heartbeat_that_is_refused_raises_the_alarm_before_any_dossier_needs_the_way(
    kiosk: Kiosk, province: Province
) -> None:
    now = [0.0]
    sender = replaced(kiosk, report=lambda: {"kiosk": "k1"}, monotonic=lambda: now[0])
    province.fault("POST", "/v1/kiosks", answer(401))
    now[0] += 100
    sender.step()
    assert kiosk.outbox.counts().alarm
    now[0] += 100
    sender.step()
    assert not kiosk.outbox.counts().alarm


def test_a_clock_that_is_minutes_off_is_told_until_it_is_right(kiosk: Kiosk, province: Province) -> None:
    now = [0.0]
    sender = replaced(kiosk, monotonic=lambda: now[0])
    for ahead, told in (
        (timedelta(), {}),
        (timedelta(minutes=9), {"clock_wrong": "+540 s"}),
        (timedelta(seconds=20), {}),
    ):
        province.ahead = ahead
        now[0] += 100
        sender.step()
        assert kiosk.outbox.notices() == told


def test_old_stubs_go_by_the_clock_of_the_province(kiosk: Kiosk, province: Province) -> None:
    kiosk.submit()
    sender = replaced(kiosk, keep=timedelta(days=90))
    assert sender.drain(SOON)["delivered"] == 1
    for days, left in ((0, 1), (89, 1), (91, 0)):
        province.ahead = timedelta(days=days)
        sender = replaced(kiosk, keep=timedelta(days=90), monotonic=lambda: 1000.0)
        sender.step()
        assert len(kiosk.outbox.list()) == left


def test_a_clock_of_the_kiosk_that_runs_a_year_ahead_forgets_nothing(kiosk: Kiosk, province: Province) -> None:
    kiosk.submit()
    assert kiosk.sender.drain(SOON)["delivered"] == 1
    sender = replaced(kiosk, clock=lambda: datetime.now(UTC) + timedelta(days=365), monotonic=lambda: 1000.0)
    sender.step()
    assert len(kiosk.outbox.list()) == 1


@pytest.mark.parametrize("wrong", [timedelta(days=-365), timedelta(days=-20000), timedelta(days=365)])
def test_a_stub_stays_as_long_when_the_kiosks_clock_was_wrong_at_delivery(
    tmp_path: Path, kiosk: Kiosk, province: Province, wrong: timedelta
) -> None:
    """A dead battery takes the clock to 1970: the citizen's slip must lead to its dossier all the same."""
    kiosk.outbox.close()
    kiosk.outbox = Outbox(tmp_path / "wrong.db", KEY, clock=lambda: datetime.now(UTC) + wrong)
    one = kiosk.submit()
    assert replaced(kiosk).drain(SOON)["delivered"] == 1
    for days, left in ((0, 1), (89, 1), (91, 0)):
        province.ahead = timedelta(days=days)
        replaced(kiosk, monotonic=lambda: 1000.0).step()
        assert (kiosk.outbox.get(one.id) is not None) == left
    kiosk.outbox.close()


def test_the_catalogue_is_asked_for_once_an_hour_and_never_before_a_dossier_that_can_go(
    kiosk: Kiosk, province: Province
) -> None:
    now, asked = [0.0], []

    def ask(_gateway: object) -> None:
        asked.append(now[0])
        if len(asked) == 1:
            raise Unreachable("gone")

    sender = replaced(kiosk, catalogue=ask, monotonic=lambda: now[0])
    sender.step()
    assert asked == []  # the start is for other things
    for _ in range(200):
        now[0] += 40
        sender.step()
    assert 2 <= len(asked) <= 4
    assert asked[1] - asked[0] >= 0.7 * 3600
    before = list(asked)
    province.fault(*POST, answer(503, Retry_After="3600"))
    kiosk.submit()
    now[0] += 4000
    sender.step()
    assert asked == before  # the dossier came first, and the province asked for a pause
    sender.step()
    assert asked == before
    now[0] += 4000
    sender.step()
    assert kiosk.outbox.counts().pending  # it waits for its time, and the catalogue not for it
    assert len(asked) == len(before) + 1
