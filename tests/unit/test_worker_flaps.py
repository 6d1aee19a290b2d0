"""A device that comes and goes, or a sensor at its edge: told once, and again when it holds."""

from __future__ import annotations

import logging
import queue

import pytest

from devices import worker as worker_module
from devices.events import DeviceChanged
from devices.interfaces import Condition, DeviceStatus
from devices.worker import DeviceWorker
from tests.unit.test_worker import GONE, READY, Reader


class Polled:
    """A worker whose clock and polls are in the hand of the test."""

    def __init__(self, reader: Reader, inbox: queue.SimpleQueue[object], monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(worker_module, "monotonic", lambda: self.now)
        self._reader, self._inbox = reader, inbox
        self._worker = DeviceWorker("printer", reader, inbox)

    def sees(self, state: DeviceStatus, seconds: float = 0.1) -> list[object]:
        """What a poll tells that meets this state; then so much time passes."""
        self._reader.state = state
        self._worker._poll(self._worker._hand)
        self.now += seconds
        return [self._inbox.get() for _ in range(self._inbox.qsize())]


@pytest.fixture
def polled(monkeypatch: pytest.MonkeyPatch) -> Polled:
    return Polled(Reader(), queue.SimpleQueue(), monkeypatch)


def test_what_flaps_ten_times_a_second_is_one_state_and_one_log_line(
    polled: Polled, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert polled.sees(READY) == [DeviceChanged("printer", READY)]
    told = [event for number in range(100) for event in polled.sees(READY if number % 2 else GONE)]
    assert told == [DeviceChanged("printer", GONE)]
    assert [record.message for record in caplog.records] == ["printer: offline device_unplugged"]
    assert polled.sees(READY, worker_module.STEADY_SECONDS) == []
    assert polled.sees(READY) == [DeviceChanged("printer", READY)]
    assert [record.message for record in caplog.records] == ["printer: offline device_unplugged", "printer: ready "]


def test_a_sensor_at_its_edge_is_told_a_few_times_and_then_stays_told(polled: Polled) -> None:
    low = DeviceStatus(Condition.READY, "paper_low")
    told = [event for number in range(60) for event in polled.sees(low if number % 2 else READY, 2.0)]
    assert len(told) <= 2 * worker_module.FLAP_TIMES
    assert told[-1] == DeviceChanged("printer", low)
    assert polled.sees(DeviceStatus(Condition.ATTENTION, "paper_out")), "what is worse is told at once"


def test_one_that_was_away_is_back_within_two_seconds(polled: Polled) -> None:
    polled.sees(READY)
    polled.sees(GONE)
    plugged_at, told = polled.now, list[object]()
    polled.now += worker_module.RETRY_SECONDS  # the look before has just missed it
    while not told:
        told = polled.sees(READY, worker_module.BACK_LOOKS)
    assert told == [DeviceChanged("printer", READY)]
    assert polled.now - plugged_at < 1.6
