"""One thread per device: it alone touches the driver, and only events leave it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from devices.errors import DeviceError
from devices.events import DeviceChanged, JobFailed
from devices.interfaces import Condition, Device, DeviceStatus

log = logging.getLogger(__name__)
D = TypeVar("D", bound=Device)
POLL_SECONDS = 2.0
RETRY_SECONDS = 1.0  # a replugged device is back within 2 s: one poll after this pause


class _Job(NamedTuple):
    name: str
    session_id: str
    call: Callable[..., Iterable[object]]


class _SessionEnds(NamedTuple):
    """Stands behind the last job of a session that was cancelled."""

    session_id: str


class DeviceWorker(Generic[D]):
    """Runs the jobs of one device one after the other, and polls its state in between.

    `idle` is asked again and again while there is no job (a code scanner waits for a code there); its events and those
    of the jobs go to `inbox` as soon as they are there.
    """

    def __init__(
        self,
        name: str,
        device: D,
        inbox: queue.SimpleQueue[object],
        poll_seconds: float = POLL_SECONDS,
        idle: Callable[[D], Iterable[object]] | None = None,
    ) -> None:
        self._name = name
        self._device = device
        self._inbox = inbox
        self._poll_seconds = poll_seconds
        self._idle = idle
        self._jobs: queue.SimpleQueue[_Job | _SessionEnds | None] = queue.SimpleQueue()
        self._ended: set[str] = set()
        self._stopping = threading.Event()
        self._status: DeviceStatus | None = None
        self._next_poll = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand, drop the others, close the device."""
        self._stopping.set()
        if self._thread.is_alive():
            self._jobs.put(None)  # wakes it
            self._thread.join()

    def submit(self, job: str, session_id: str, call: Callable[[D], Iterable[object]]) -> None:
        """Queue a job; `call(device)` gives its events. `session_id` is "" for what outlives a session."""
        self._jobs.put(_Job(job, session_id, call))

    def cancel(self, session_id: str) -> None:
        """Drop the queued jobs of a session that has ended."""
        if session_id:
            self._ended.add(session_id)
            self._jobs.put(_SessionEnds(session_id))

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._take(0 if self._idle else max(0.0, self._next_poll - monotonic())):
                self._between_jobs()
        self._device.close()

    def _take(self, seconds: float) -> bool:
        """Wait so long for the next job and do it; False when none came."""
        try:
            job = self._jobs.get(timeout=seconds)
        except queue.Empty:
            return False
        if isinstance(job, _SessionEnds):
            self._ended.discard(job.session_id)
        elif job is not None and not self._stopping.is_set() and job.session_id not in self._ended:
            self._do(job)
        return True

    def _do(self, job: _Job) -> None:
        try:
            for event in job.call(self._device):
                if job.session_id in self._ended:
                    break  # nobody waits for it any more; the generator is closed, and with it what it holds
                self._inbox.put(event)
        except DeviceError as error:
            self._inbox.put(JobFailed(self._name, job.name, job.session_id, error.code, error.detail))
            self._poll()
        except Exception as error:  # noqa: BLE001  no exception crosses a thread: any surprise becomes an event
            self._log_surprise(error)
            self._inbox.put(JobFailed(self._name, job.name, job.session_id, "device_error", type(error).__name__))
            self._poll()

    def _between_jobs(self) -> None:
        if monotonic() >= self._next_poll:
            self._poll()
        if self._idle is None:
            return
        if self._status is not None and self._status.condition is Condition.OFFLINE:
            self._take(RETRY_SECONDS)
            self._poll()
            return
        try:
            for event in self._idle(self._device):
                self._inbox.put(event)
            return
        except DeviceError:
            self._poll()
        except Exception as error:  # noqa: BLE001  as above
            self._log_surprise(error)
        if self._status is None or self._status.condition is not Condition.OFFLINE:
            self._take(RETRY_SECONDS)  # it says that it is there, and cannot be read: do not spin

    def _poll(self) -> None:
        if self._stopping.is_set():
            return
        try:
            status = self._device.status()
        except Exception as error:  # noqa: BLE001  a driver that breaks its contract is a fault, not the end of the thread
            self._log_surprise(error)
            status = DeviceStatus(Condition.FAULT, "device_error", type(error).__name__)
        self._next_poll = monotonic() + self._poll_seconds
        before, self._status = self._status, status
        if before is not None and (before.condition, before.code) == (status.condition, status.code):
            return
        well = status.condition is Condition.READY
        if before is not None or not well:
            log.log(logging.INFO if well else logging.WARNING, "%s: %s %s", self._name, status.condition, status.code)
        self._inbox.put(DeviceChanged(self._name, status))

    def _log_surprise(self, error: Exception) -> None:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("%s: %s at %s", self._name, type(error).__name__, where)  # its text could hold personal data
