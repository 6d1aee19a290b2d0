"""One thread per device: it alone touches the driver, and only events leave it.

A driver that is stuck in the kernel holds its thread for ever. Such a thread is left behind with its device, and a new
one goes on with a new device; what the old one says later is not heard.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from devices.errors import DeviceError
from devices.events import DeviceChanged, JobFailed
from devices.interfaces import Condition, Device, DeviceStatus

log = logging.getLogger(__name__)
D = TypeVar("D", bound=Device)
POLL_SECONDS = 2.0
RETRY_SECONDS = 0.7  # between two looks for a device that is away: a replugged one is back within 2 s
HANG_SECONDS = 60.0  # without a sign of a driver: longer than any call of ours waits for hardware
HANGS = "device_hangs"
BACK_SECONDS, BACK_LOOKS = 0.6, 0.13  # what was away must hold so long, looked at so often
FLAP_TIMES, FLAP_SECONDS = 3, 15.0  # in trouble so often in so long: a loose plug, a sensor at its edge
STEADY_SECONDS = 5.0  # after that it must hold for so long before it counts as well


class _Job(NamedTuple):
    name: str
    session_id: str
    call: Callable[..., Iterable[object]]


class _SessionEnds(NamedTuple):
    """Stands behind the last job of a session that was cancelled."""

    session_id: str


class _Hand(Generic[D]):
    """One thread with its own device; `since` is when its driver was last called, None between calls."""

    def __init__(self, device: D) -> None:
        self.device = device
        self.since: float | None = None
        self.job: _Job | None = None
        self.thread: threading.Thread


class DeviceWorker(Generic[D]):
    """Runs the jobs of one device one after the other, and polls its state in between.

    `idle` is asked again and again while there is no job (a code scanner waits for a code there); its events and those
    of the jobs go to `inbox` as soon as they are there. `renew` makes the device anew when its driver hangs.
    """

    def __init__(
        self,
        name: str,
        device: D,
        inbox: queue.SimpleQueue[object],
        poll_seconds: float = POLL_SECONDS,
        idle: Callable[[D], Iterable[object]] | None = None,
        renew: Callable[[], D] | None = None,
    ) -> None:
        self._name = name
        self._inbox = inbox
        self._poll_seconds = poll_seconds
        self._idle = idle
        self._renew = renew
        self._jobs: queue.SimpleQueue[_Job | _SessionEnds | None] = queue.SimpleQueue()
        self._ended: set[str] = set()
        self._stopping = threading.Event()
        self._status: DeviceStatus | None = None
        self._next_poll = 0.0
        self._last: DeviceStatus | None = None  # at the last look, whatever was told
        self._back_since: float | None = None  # when a device that was away was first seen again
        self._troubles: deque[float] = deque(maxlen=FLAP_TIMES)
        self._hand = self._new_hand(device)

    def start(self) -> None:
        """Begin to work."""
        self._hand.thread.start()

    def stop(self) -> None:
        """Finish the job at hand, drop the others, close the device; a thread that hangs is left behind."""
        self._stopping.set()
        thread = self._hand.thread
        if thread.is_alive():
            self._jobs.put(None)  # wakes it
            thread.join(HANG_SECONDS if self._hand.since is not None else None)

    def submit(self, job: str, session_id: str, call: Callable[[D], Iterable[object]]) -> None:
        """Queue a job; `call(device)` gives its events. `session_id` is "" for what outlives a session."""
        self._jobs.put(_Job(job, session_id, call))

    def cancel(self, session_id: str) -> None:
        """Drop the queued jobs of a session that has ended."""
        if session_id:
            self._ended.add(session_id)
            self._jobs.put(_SessionEnds(session_id))

    def watch(self, now: float | None = None) -> bool:
        """Whether the driver hung (no sign since `HANG_SECONDS`) and was replaced; to be asked now and then."""
        hand = self._hand
        since = hand.since
        if since is None or self._renew is None or (now or monotonic()) - since < HANG_SECONDS:
            return False
        log.error("%s: the driver hangs, a new one takes its place", self._name)
        self._hand = self._new_hand(self._renew())  # from here on nothing of the old one is heard
        self._tell(DeviceStatus(Condition.FAULT, HANGS))
        if hand.job is not None:
            self._inbox.put(JobFailed(self._name, hand.job.name, hand.job.session_id, HANGS))
        self._next_poll = 0.0
        self._hand.thread.start()
        return True

    # -- the thread ----------------------------------------------------------------------------------------------
    def _new_hand(self, device: D) -> _Hand[D]:
        hand = _Hand(device)
        hand.thread = threading.Thread(target=self._run, args=(hand,), name=self._name, daemon=True)
        return hand

    def _run(self, hand: _Hand[D]) -> None:
        while not self._stopping.is_set() and hand is self._hand:
            if not self._take(hand, 0 if self._idle else max(0.0, self._next_poll - monotonic())):
                self._between_jobs(hand)
        hand.device.close()

    def _say(self, hand: _Hand[D], event: object) -> None:
        """Pass an event on, and note the sign of life."""
        hand.since = monotonic()
        if hand is self._hand:
            self._inbox.put(event)

    @contextmanager
    def _calling(self, hand: _Hand[D], job: _Job | None = None) -> Iterator[None]:
        hand.since, hand.job = monotonic(), job
        try:
            yield
        finally:
            hand.since, hand.job = None, None

    def _take(self, hand: _Hand[D], seconds: float) -> bool:
        """Wait so long for the next job and do it; False when none came."""
        try:
            job = self._jobs.get(timeout=seconds)
        except queue.Empty:
            return False
        if isinstance(job, _SessionEnds):
            self._ended.discard(job.session_id)
        elif job is not None and not self._stopping.is_set() and job.session_id not in self._ended:
            self._do(hand, job)
        return True

    def _do(self, hand: _Hand[D], job: _Job) -> None:
        try:
            with self._calling(hand, job):
                for event in job.call(hand.device):
                    if job.session_id in self._ended:
                        break  # nobody waits for it any more; the generator is closed, and with it what it holds
                    self._say(hand, event)
            self._next_poll = 0.0  # a job may end well and have met a fault, such as a printer's
            return
        except DeviceError as error:
            failed = JobFailed(self._name, job.name, job.session_id, error.code, error.detail)
        except Exception as error:  # noqa: BLE001  no exception crosses a thread: any surprise becomes an event
            self._log_surprise(error)
            failed = JobFailed(self._name, job.name, job.session_id, "device_error", type(error).__name__)
        if hand is self._hand:
            self._inbox.put(failed)
            self._poll(hand)

    def _between_jobs(self, hand: _Hand[D]) -> None:
        if monotonic() >= self._next_poll:
            self._poll(hand)
        if self._idle is None:
            return
        if self._status is not None and self._status.condition is Condition.OFFLINE:
            self._take(hand, self._look_again())
            self._poll(hand)
            return
        try:
            with self._calling(hand):
                for event in self._idle(hand.device):
                    self._say(hand, event)
            return
        except DeviceError:
            self._poll(hand)
        except Exception as error:  # noqa: BLE001  as above
            self._log_surprise(error)
        if self._status is None or self._status.condition is not Condition.OFFLINE:
            self._take(hand, RETRY_SECONDS)  # it says that it is there, and cannot be read: do not spin

    def _poll(self, hand: _Hand[D]) -> None:
        if self._stopping.is_set():
            return
        try:
            with self._calling(hand):
                status = hand.device.status()
        except Exception as error:  # noqa: BLE001  a driver that breaks its contract is a fault, not the end of the thread
            self._log_surprise(error)
            status = DeviceStatus(Condition.FAULT, "device_error", type(error).__name__)
        if hand is self._hand:
            self._tell(status)
            away = status.condition is Condition.OFFLINE or self._back_since is not None
            self._next_poll = monotonic() + (
                min(self._look_again(), self._poll_seconds) if away else self._poll_seconds
            )

    def _look_again(self) -> float:
        """Seconds until the next look at a device that is away, or was a moment ago."""
        return RETRY_SECONDS if self._back_since is None else BACK_LOOKS

    def _tell(self, status: DeviceStatus) -> None:
        """Pass a state on when it is another one; a device that comes and goes is told once, until it holds."""
        before, last, now = self._status, self._last, monotonic()
        if last is not None and _trouble(status) > _trouble(last):
            self._troubles.append(now)
        self._last = status
        if before is not None and self._must_hold(status, before, now):
            return
        if before is not None and (before.condition, before.code) == (status.condition, status.code):
            return
        self._status = status
        well = status.condition is Condition.READY
        if before is not None or not well:
            log.log(logging.INFO if well else logging.WARNING, "%s: %s %s", self._name, status.condition, status.code)
        self._inbox.put(DeviceChanged(self._name, status))

    def _must_hold(self, status: DeviceStatus, told: DeviceStatus, now: float) -> bool:
        """Whether a better state is too young: what flaps ten times a second is not back when one look has met it."""
        if told.condition is not Condition.OFFLINE or status.condition in (Condition.OFFLINE, Condition.FAULT):
            self._back_since = None
        else:
            self._back_since = now if self._back_since is None else self._back_since
            if now - self._back_since < BACK_SECONDS:
                return True
        often = len(self._troubles) == FLAP_TIMES and self._troubles[-1] - self._troubles[0] < FLAP_SECONDS
        if _trouble(status) < _trouble(told) and often and now - self._troubles[-1] < STEADY_SECONDS:
            return True
        self._back_since = None
        return False

    def _log_surprise(self, error: Exception) -> None:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("%s: %s at %s", self._name, type(error).__name__, where)  # its text could hold personal data


def _trouble(status: DeviceStatus) -> int:
    """How bad it is: 0 well, 1 well with a warning, 2 not."""
    return 2 if status.condition is not Condition.READY else int(bool(status.code))
