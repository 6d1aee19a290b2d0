"""The thread of a device: order, failures, cancelling, states, the end."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic, sleep

import pytest

from devices import worker as worker_module
from devices.errors import NeedsAttention, Unavailable
from devices.events import DeviceChanged, JobFailed
from devices.interfaces import Condition, DeviceStatus
from devices.worker import DeviceWorker

READY = DeviceStatus(Condition.READY)
GONE = DeviceStatus(Condition.OFFLINE, "device_unplugged")
SECRET = "Nguyễn Văn An"
PATIENCE = 10.0


@dataclass(frozen=True)
class Done:
    job: str


class Reader:
    """A device in the hand of a test."""

    def __init__(self) -> None:
        self.state: DeviceStatus | Exception = READY
        self.asked = threading.Semaphore(0)  # one for each question about its state
        self.closed = 0

    def open(self) -> None: ...

    def close(self) -> None:
        self.closed += 1

    def status(self) -> DeviceStatus:
        self.asked.release()
        if isinstance(self.state, Exception):
            raise self.state
        return self.state


Start = Callable[..., DeviceWorker[Reader]]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def inbox() -> queue.SimpleQueue[object]:
    return queue.SimpleQueue()


@pytest.fixture
def start(reader: Reader, inbox: queue.SimpleQueue[object], monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "BACK_SECONDS", 0.02)
    monkeypatch.setattr(worker_module, "BACK_LOOKS", 0.005)
    workers: list[DeviceWorker[Reader]] = []

    def begin(
        poll_seconds: float = 60, idle: Callable[[Reader], Iterable[object]] | None = None
    ) -> DeviceWorker[Reader]:
        workers.append(DeviceWorker("code_scanner", reader, inbox, poll_seconds, idle))
        workers[-1].start()
        return workers[-1]

    yield begin
    for one in workers:
        one.stop()


def says(*events: object) -> Callable[[Reader], Iterable[object]]:
    return lambda _: iter(events)


def fails(error: Exception) -> Callable[[Reader], Iterable[object]]:
    def call(_: Reader) -> Iterable[object]:
        yield Done("first page")
        raise error

    return call


class Gate:
    """A job that lasts until it is let go."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, _: Reader) -> Iterable[object]:
        self.began.set()
        assert self.go.wait(PATIENCE)
        return ()


def take(inbox: queue.SimpleQueue[object], count: int) -> list[object]:
    return [inbox.get(timeout=PATIENCE) for _ in range(count)]


def test_events_come_in_order(start: Start, inbox: queue.SimpleQueue[object]) -> None:
    worker = start()
    for number in range(20):
        worker.submit(str(number), "s", says(Done(f"{number}a"), Done(f"{number}b")))
    events = [event for event in take(inbox, 41) if isinstance(event, Done)]
    assert events == [Done(f"{number}{half}") for number in range(20) for half in "ab"]


def test_an_event_leaves_before_the_job_ends(start: Start, inbox: queue.SimpleQueue[object]) -> None:
    go = threading.Event()

    def pages(_: Reader) -> Iterable[object]:
        yield Done("page 1")
        assert go.wait(PATIENCE)
        yield Done("page 2")

    worker = start()
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    worker.submit("scan", "s", pages)
    assert inbox.get(timeout=PATIENCE) == Done("page 1")
    assert inbox.empty()
    go.set()
    assert inbox.get(timeout=PATIENCE) == Done("page 2")


def test_a_device_error_is_told_by_its_code_and_the_state_is_asked(
    start: Start, inbox: queue.SimpleQueue[object], reader: Reader
) -> None:
    worker = start()
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    reader.state = DeviceStatus(Condition.ATTENTION, "paper_jam")
    worker.submit("scan:1", "s", fails(NeedsAttention("paper_jam", "feeder")))
    assert take(inbox, 3) == [
        Done("first page"),
        JobFailed("code_scanner", "scan:1", "s", "paper_jam", "feeder"),
        DeviceChanged("code_scanner", reader.state),
    ]


def test_a_surprise_is_told_without_its_text(
    start: Start, inbox: queue.SimpleQueue[object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    worker = start()
    worker.submit("scan:1", "s", fails(ValueError(SECRET)))
    worker.submit("scan:2", "s", says(Done("2")))
    events = take(inbox, 4)
    assert JobFailed("code_scanner", "scan:1", "s", "device_error", "ValueError") in events
    assert events[-1] == Done("2")
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in repr(events)


def test_a_state_is_told_only_when_it_changes(start: Start, inbox: queue.SimpleQueue[object], reader: Reader) -> None:
    start(poll_seconds=0.001)
    for _ in range(5):
        assert reader.asked.acquire(timeout=PATIENCE)
    reader.state = DeviceStatus(Condition.READY, "paper_low", "a detail")
    for _ in range(3):
        assert reader.asked.acquire(timeout=PATIENCE)
    reader.state = DeviceStatus(Condition.READY, "paper_low", "another detail")
    for _ in range(3):
        assert reader.asked.acquire(timeout=PATIENCE)
    reader.state = GONE
    events = take(inbox, 3)
    assert [event.status.code for event in events if isinstance(event, DeviceChanged)] == [
        "",
        "paper_low",
        "device_unplugged",
    ]
    for _ in range(3):
        assert reader.asked.acquire(timeout=PATIENCE)
    assert inbox.empty()


def test_a_driver_that_breaks_its_contract_is_a_fault_and_the_thread_lives(
    start: Start, inbox: queue.SimpleQueue[object], reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    reader.state = RuntimeError(SECRET)
    start(poll_seconds=0.001)
    assert inbox.get(timeout=PATIENCE) == DeviceChanged(
        "code_scanner", DeviceStatus(Condition.FAULT, "device_error", "RuntimeError")
    )
    reader.state = READY
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    assert SECRET not in caplog.text


def test_cancel_drops_the_queued_jobs_of_that_session_alone(start: Start, inbox: queue.SimpleQueue[object]) -> None:
    worker, gate = start(), Gate()
    worker.submit("running", "old", gate)
    assert gate.began.wait(PATIENCE)
    worker.submit("1", "old", says(Done("dropped")))
    worker.submit("2", "", says(Done("outlives")))
    worker.submit("3", "new", says(Done("new")))
    worker.cancel("old")
    worker.cancel("")
    gate.go.set()
    events = take(inbox, 3)
    assert [event for event in events if isinstance(event, Done)] == [Done("outlives"), Done("new")]


def test_ended_sessions_do_not_pile_up(start: Start, inbox: queue.SimpleQueue[object]) -> None:
    worker = start()
    for number in range(500):
        worker.submit("job", f"session {number}", says())
        worker.cancel(f"session {number}")
    worker.submit("last", "", says(Done("last")))
    assert Done("last") in take(inbox, 2)
    assert worker._ended == set()


@pytest.mark.parametrize("idle", [False, True])
def test_cancel_holds_for_a_device_that_is_away(
    start: Start, inbox: queue.SimpleQueue[object], reader: Reader, idle: bool
) -> None:
    reader.state = GONE
    worker, gate = start(idle=says() if idle else None), Gate()
    worker.submit("running", "old", gate)
    assert gate.began.wait(PATIENCE)
    worker.submit("1", "old", says(Done("dropped")))
    worker.cancel("old")
    worker.submit("2", "", says(Done("2")))
    gate.go.set()
    assert [event for event in take(inbox, 2) if isinstance(event, Done)] == [Done("2")]


def test_an_idle_reader_gives_events_and_lets_jobs_in_between(start: Start, inbox: queue.SimpleQueue[object]) -> None:
    reading, code_comes = threading.Event(), threading.Event()

    def idle(_: Reader) -> Iterable[object]:
        reading.set()
        if code_comes.wait(0.01):
            code_comes.clear()
            yield Done("code")

    worker = start(idle=idle)
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    assert reading.wait(PATIENCE)
    worker.submit("beep", "s", says(Done("beep")))
    assert inbox.get(timeout=PATIENCE) == Done("beep")
    for _ in range(2):
        code_comes.set()
        assert inbox.get(timeout=PATIENCE) == Done("code")


def test_back_after_unplug_and_replug(start: Start, inbox: queue.SimpleQueue[object], reader: Reader) -> None:
    reads = queue.SimpleQueue[object]()

    def idle(_: Reader) -> Iterable[object]:
        if reader.state != READY:
            raise Unavailable("device_unplugged")
        try:
            return [reads.get(timeout=0.01)]
        except queue.Empty:
            return []

    start(idle=idle)
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    reader.state = GONE
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", GONE)
    reads.put(Done("code"))
    reader.state = READY
    assert take(inbox, 2) == [DeviceChanged("code_scanner", READY), Done("code")]


def test_a_surprise_while_idle_does_not_end_the_reader(
    start: Start, inbox: queue.SimpleQueue[object], caplog: pytest.LogCaptureFixture
) -> None:
    turns = iter(range(10))

    def idle(_: Reader) -> Iterable[object]:
        if next(turns, 10) == 0:
            raise ValueError(SECRET)
        return [Done("code")]

    start(idle=idle)
    assert take(inbox, 2) == [DeviceChanged("code_scanner", READY), Done("code")]
    assert SECRET not in caplog.text


def test_a_reader_that_cannot_be_read_and_says_it_is_ready_does_not_spin(
    start: Start, inbox: queue.SimpleQueue[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 3600)
    turns: list[int] = []

    def idle(_: Reader) -> Iterable[object]:
        turns.append(1)
        raise Unavailable("device_unplugged")

    worker = start(idle=idle)
    worker.submit("job", "", says(Done("1")))
    assert Done("1") in take(inbox, 2)
    worker.submit("job", "", says(Done("2")))
    assert inbox.get(timeout=PATIENCE) == Done("2")
    assert len(turns) <= 3


def test_stop_finishes_the_job_drops_the_others_joins_and_closes(
    start: Start, inbox: queue.SimpleQueue[object], reader: Reader
) -> None:
    worker, gate = start(), Gate()
    worker.submit("running", "", gate)
    assert gate.began.wait(PATIENCE)
    worker.submit("queued", "", says(Done("queued")))
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    assert worker._stopping.wait(PATIENCE)
    gate.go.set()
    stopper.join(PATIENCE)
    assert not stopper.is_alive()
    assert not worker._hand.thread.is_alive()
    assert reader.closed == 1
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("code_scanner", READY)
    assert inbox.empty()
    worker.stop()


def test_stop_before_start_is_harmless(reader: Reader, inbox: queue.SimpleQueue[object]) -> None:
    DeviceWorker("printer", reader, inbox).stop()


class Stuck(Reader):
    """A driver whose call never returns until the test ends."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def hang(self) -> Iterator[object]:
        self.free.wait(PATIENCE)
        yield Done("late")


def test_a_driver_that_hangs_is_told_and_replaced_and_what_it_says_later_is_not_heard(
    inbox: queue.SimpleQueue[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, fresh = Stuck(), Reader()
    worker: DeviceWorker[Reader] = DeviceWorker("printer", stuck, inbox, 60, renew=lambda: fresh)
    worker.start()
    assert inbox.get(timeout=PATIENCE) == DeviceChanged("printer", READY)
    worker.submit("first", "s", lambda _device: stuck.hang())
    worker.submit("second", "s", says(Done("second")))
    assert not worker.watch()
    monkeypatch.setattr(worker_module, "HANG_SECONDS", 0.0)
    end = monotonic() + PATIENCE
    while not worker.watch() and monotonic() < end:
        sleep(0.01)
    monkeypatch.undo()
    told = [inbox.get(timeout=PATIENCE) for _ in range(4)]
    assert told[0] == DeviceChanged("printer", DeviceStatus(Condition.FAULT, "device_hangs"))
    assert told[1] == JobFailed("printer", "first", "s", "device_hangs")
    assert set(told[2:]) == {DeviceChanged("printer", READY), Done("second")}
    stuck.free.set()
    worker.submit("third", "s", says(Done("third")))
    assert inbox.get(timeout=PATIENCE) == Done("third")
    worker.stop()
    assert (fresh.closed, inbox.empty()) == (1, True)
