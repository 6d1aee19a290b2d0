"""The sender: one thread that brings what is in the outbox to the province, oldest first."""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from offline_queue import retry
from offline_queue.blobs import BlobStore
from offline_queue.entry import CLOCK_WRONG, REFUSED, Attachment, OutboxChanged, OutboxCounts, OutboxEntry, Problem
from offline_queue.errors import BlobDamaged, OutboxError, surprise
from offline_queue.gateway import Busy, CodeTaken, Gateway, Rejected, SubmitError, Unauthorised, Unreachable
from offline_queue.store import LEASE_SECONDS, Outbox

log = logging.getLogger(__name__)

PROBE_SECONDS = 30.0  # between two questions whether the province is there, while nothing else tells
HEARTBEAT_SECONDS = 60.0
CATALOGUE_SECONDS = 3600.0  # between two questions for another catalogue
CATALOGUE_FIRST_SECONDS = 60.0  # after the start, when nobody waits for anything else
FORGET_SECONDS = 6 * 3600.0  # between two looks for stubs that are old enough
KEEP = timedelta(days=90)  # a delivered dossier can be looked up for so long
CLOCK_MATTERS_SECONDS = 60.0  # tickets, hours and holidays go by the minute
OFFLINE_CAP_SECONDS = 15.0  # the longest pause between two such questions while it is not
TICK_SECONDS = 2.0  # another process may have added an entry: looking costs one read
UNAUTHORISED_SECONDS = 300.0  # someone must mend the token first; asking more often only fills the province's log
PAUSE_CAP_SECONDS = 60.0  # after failures in a row while the province is there
BUSY_CAP_SECONDS = 45.0  # the longest pause that we make of a shorter one which a busy province asks for
SHORTEST_PAUSE = 1.0  # also when a busy province asks for none
DRAIN_PAUSE_SECONDS = 0.5
SLOW_BYTES_PER_SECOND = 20_000  # a file keeps its lease as long as a line this slow needs
LONGEST_LEASE_SECONDS = 1800.0
LINK_TRIES = 3  # after so many broken lines an entry is taken to be what breaks them, and steps aside
ENTRY_TRIES = 1  # the same while the line holds: a reply lost once is asked for again before the next one goes
STOP_SECONDS = 10.0


class Sender:
    """Sends until stopped; says with `OutboxChanged` what changed.

    `on_change`, and `report` which gives what the heartbeat tells besides the queue, are called on the sender's thread.
    `keep` is for how long a dossier that came to its end can be looked up. `catalogue` asks for news of the catalogue.
    """

    def __init__(
        self,
        outbox: Outbox,
        blobs: BlobStore,
        gateway: Gateway,
        on_change: Callable[[OutboxChanged], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        report: Callable[[], Mapping[str, Any]] | None = None,
        keep: timedelta = KEEP,
        catalogue: Callable[[Gateway], None] | None = None,
    ) -> None:
        self._outbox = outbox
        self._blobs = blobs
        self._gateway = gateway
        self._on_change = on_change
        self._clock = clock
        self._monotonic = monotonic
        self._rng = rng or random.Random()  # noqa: S311  jitter, not secrets
        self._report = report
        self._keep = keep
        self._catalogue = catalogue
        self._catalogue_at = monotonic() + CATALOGUE_FIRST_SECONDS if catalogue else math.inf
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._online: bool | None = None
        self._heard_at = -PROBE_SECONDS  # monotonic: when the province last gave a sign
        self._quiet_until = 0.0  # monotonic: it asked for a pause, or refuses us; no bell shortens this
        self._refusals = 0  # times in a row that the province was busy
        self._failures = 0  # attempts in a row without any usable answer
        self._misses = 0  # the same, of any request
        self._doubtful = False  # the province takes connections and does not answer: no dossier as the probe
        self._beat_at = -math.inf if report else math.inf  # monotonic: when the next heartbeat is due
        self._forget_at = -math.inf
        self._clock_ahead: float | None = None  # seconds that the province's clock is ahead of ours
        self._delivered = 0
        self._published: OutboxChanged | None = None
        self._trouble = ""  # of the store itself
        self._busy = False  # something was sent since the store was let go of

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request under way; one that hangs is left behind, and asked about at the next start."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def wake(self) -> None:
        """A new entry was added, or the line is back: look at once."""
        self._bell.set()

    def drain(self, seconds: float) -> dict[str, int]:
        """Send now on the calling thread, whatever back-off says, until nothing is pending or the time is over.

        Returns how many were `delivered` in this run, and how many are `pending` and `rejected` after it. A pause that
        the province itself asks for is kept; when it refuses this kiosk, sending ends at once.
        """
        end = self._monotonic() + seconds
        self._delivered = 0
        with self._outbox.sending():
            self._outbox.retry_all_now()
            while self._outbox.counts().pending and (left := end - self._monotonic()) > 0:
                pause = self.step()
                if self._outbox.counts().alarm and self._quiet_until > self._monotonic():
                    break
                if pause and not self._stopping.wait(min(self._drain_pause(), left)):
                    self._outbox.retry_all_now()
        counts = self._outbox.counts()
        return {"delivered": self._delivered, "pending": counts.pending, "rejected": counts.rejected}

    def _drain_pause(self) -> float:
        return max(DRAIN_PAUSE_SECONDS, self._quiet_until - self._monotonic())

    # -- the thread ----------------------------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._outbox.sending():
                    while not self._stopping.is_set():
                        self._bell.wait(self._careful_step())
                        self._bell.clear()
            except OutboxError as error:  # the store takes no lock or no commit yet
                self._tell_trouble(error)
                self._bell.wait(PROBE_SECONDS)
                self._bell.clear()

    def _careful_step(self) -> float:
        """`step`, and a pause when the store itself is in trouble (full disk): it may be mended while we wait.

        A surprise ends no thread either: its entry comes back when the lease ends, and the others go on.
        """
        try:
            pause = self.step()
        except OutboxError as error:
            if not self._stopping.is_set():
                self._tell_trouble(error)
            return PROBE_SECONDS
        except Exception as error:  # noqa: BLE001  a queue that nobody sends until the next start is the worst of all
            log.error("sender: %s", surprise(error))
            return PROBE_SECONDS
        if self._trouble:
            log.warning("sender: store works again")
            self._trouble = ""
            self._publish()
        return pause

    def _tell_trouble(self, error: OutboxError) -> None:
        if self._trouble != error.code:
            log.error("sender: store in trouble: %s", error)
            self._trouble = error.code
            counts = self._published.counts if self._published else OutboxCounts()  # the store may not even count
            self._on_change(OutboxChanged(counts, self._online, trouble=self._trouble))

    def step(self) -> float:
        """Do the next thing; the seconds to wait after it, 0 for none."""
        now = self._monotonic()
        if now < self._quiet_until:
            self._publish()
            return self._quiet_until - now
        if self._online is False and (self._doubtful or not self._is_due()) and not self._probe():
            self._publish()  # another process may have added what waits
            return self._offline_pause()
        if (quiet := self._quiet_until - self._monotonic()) > 0:
            return quiet
        if self._online and now >= self._beat_at:  # also while a long queue is being sent
            self._probe()
        # while it is away, the first dossier that waits is the question whether it is back
        entry = self._outbox.lease(self._clock())
        if entry is not None:
            self._busy = True
            return self._send(entry)
        if self._busy:
            self._busy = False
            self._outbox.empty_log()
        if now - self._heard_at >= PROBE_SECONDS:
            self._probe()
        self._look_for_catalogue()
        self._publish()
        return min(TICK_SECONDS, self._outbox.seconds_until_due(self._clock()) or TICK_SECONDS)

    def _is_due(self) -> bool:
        return self._outbox.seconds_until_due(self._clock()) == 0

    def _offline_pause(self) -> float:
        return retry.delay(self._misses, self._rng, base=1.0, cap=OFFLINE_CAP_SECONDS)

    def _probe(self) -> bool:
        """Ask whether the province is there, and what time it has; on the way, do what is due now and then."""
        asked_at = self._clock()
        try:
            health = self._gateway.health()
        except Unreachable as error:
            self._lost(error)
            return False
        except Busy as error:
            self._rest(error.after)  # it is there, and has enough to do
            self._heard()
            return True
        except SubmitError:
            self._heard()  # it answers
            return True
        self._heard()
        self._compare_clocks(health.time, asked_at)
        self._beat()
        self._forget(health.time)
        return True

    def _send(self, entry: OutboxEntry) -> float:
        """One attempt with one entry; the seconds to wait before the next."""
        pause = 0.0
        unsure = entry.unsure
        try:
            receipt = self._gateway.find(entry.id) if unsure else None
            unsure = False
            receipt = receipt or self._gateway.submit(entry, self._opener(entry))
            if self._outbox.is_taken(receipt.code, entry):
                raise CodeTaken((Problem("", receipt.code),), "one code for two dossiers")
        except BlobDamaged as error:
            log.error("sender: entry %s: a scan is damaged: %s", entry.id, error.detail)
            self._outbox.reject(entry.id, (Problem("/attachments", error.code),), error.code)
        except SubmitError as error:
            pause = self._failed(entry, error, unsure)
        else:
            self._answered()
            self._refusals = 0
            if free := self._outbox.delivered(entry.id, receipt):
                self._blobs.discard(free, self._outbox.uses_blob)
            self._delivered += 1
            self._forget_at = -math.inf  # its time begins with the next look
        self._publish(entry.id)
        return pause

    def _opener(self, entry: OutboxEntry) -> Callable[[Attachment], bytes]:
        def open_blob(paper: Attachment) -> bytes:
            seconds = min(LEASE_SECONDS + paper.size / SLOW_BYTES_PER_SECOND, LONGEST_LEASE_SECONDS)
            self._outbox.renew(entry.id, self._clock() + timedelta(seconds=seconds))
            return self._blobs.get(paper.sha256, paper.size)

        return open_blob

    def _failed(self, entry: OutboxEntry, error: SubmitError, unsure: bool) -> float:
        """Put the entry where its error belongs; the seconds to wait before the next one.

        `unsure`: an attempt before this one may have arrived.
        """
        match error:
            case Rejected():
                self._answered()
                self._outbox.reject(entry.id, error.problems, error.code)
                return 0.0
            case Unauthorised():
                self._heard()
                self._raise_alarm(error)
                self._outbox.retry_at(entry.id, None, error.code, unsure)
                return self._keep_quiet(UNAUTHORISED_SECONDS * self._rng.uniform(0.8, 1.2))
            case Busy():
                self._answered()
                pause = self._rest(error.after)
                self._outbox.retry_at(entry.id, self._in(pause), error.code, unsure)  # also over a restart
                return pause
            case Unreachable(connected=False):
                self._lost(error)
                self._outbox.retry_at(entry.id, None, error.code, unsure)
                return self._offline_pause()
            case Unreachable():
                return self._unreachable(entry, error, unsure or error.unsure)
        raise error

    def _unreachable(self, entry: OutboxEntry, error: Unreachable, unsure: bool) -> float:
        """Is it the line, or this entry? The line: all wait for it. The entry: it steps aside, the others go on."""
        self._failures += 1
        self._lost(error)
        line_is_down = self._doubtful = not self._probe()
        keeps_place = entry.attempts <= (LINK_TRIES if line_is_down else ENTRY_TRIES)
        at = None if keeps_place else self._in(retry.delay(entry.attempts, self._rng))
        self._outbox.retry_at(entry.id, at, error.code, unsure)
        if line_is_down or self._failures <= ENTRY_TRIES + 1:
            return 0.0  # the next step probes, or takes the next entry
        return retry.delay(self._failures - 1, self._rng, base=1.0, cap=PAUSE_CAP_SECONDS)

    def _rest(self, after: float) -> float:
        """Leave a busy province alone: at least as long as it asks, the longer the more often it has asked in a row.

        Thousands of kiosks that were told the same number of seconds would else all come back in the same one.
        """
        floor = max(after, SHORTEST_PAUSE)
        self._refusals += 1
        longest = max(floor, min(floor * 2.0 ** min(self._refusals, 30), BUSY_CAP_SECONDS))
        return self._keep_quiet(self._rng.uniform(floor, longest))

    def _in(self, seconds: float) -> datetime:
        return self._clock() + timedelta(seconds=seconds)

    def _keep_quiet(self, seconds: float) -> float:
        self._quiet_until = self._monotonic() + seconds
        return seconds

    # -- what is known of the province ---------------------------------------------------------------------------
    def _lost(self, error: SubmitError) -> None:
        self._misses += 1
        if self._online is not False:
            log.warning("sender: province unreachable: %s", error.detail)
            self._online = False
            self._publish()

    def _heard(self) -> None:
        self._misses = 0
        self._doubtful = False
        self._heard_at = self._monotonic()
        if self._online is False:
            log.warning("sender: province reachable again")
        if not self._online:
            self._online = True
            self._publish()

    def _answered(self) -> None:
        """The province dealt with a request of this kiosk: it is there, and it knows us."""
        self._heard()
        self._failures = 0
        self._accepted()

    def _accepted(self) -> None:
        if (self._published is None or self._published.counts.alarm) and REFUSED in self._outbox.notices():
            log.warning("sender: province accepts this kiosk again")
            self._outbox.end_notice(REFUSED)

    def _raise_alarm(self, error: SubmitError) -> None:
        if not self._outbox.counts().alarm:
            log.error("sender: province refuses this kiosk: %s", error.detail)
            self._outbox.notice(REFUSED)

    def _compare_clocks(self, theirs: datetime, asked_at: datetime) -> None:
        """How far the clocks are apart, taken in the middle between question and answer."""
        ahead = (theirs - (asked_at + (self._clock() - asked_at) / 2)).total_seconds()
        self._clock_ahead = round(ahead) if abs(ahead) >= CLOCK_MATTERS_SECONDS else 0.0
        known = self._outbox.notices()
        if not self._clock_ahead:
            self._outbox.end_notice(CLOCK_WRONG)
        elif CLOCK_WRONG not in known:
            log.warning("sender: the province's clock is ahead of ours by %+d seconds", self._clock_ahead)
            self._outbox.notice(CLOCK_WRONG, f"{self._clock_ahead:+.0f} s")

    def _beat(self) -> None:
        """Tell the province once a minute how this kiosk is."""
        now = self._monotonic()
        if self._report is None or now < self._beat_at:
            return
        self._beat_at = now + HEARTBEAT_SECONDS * self._rng.uniform(0.9, 1.0)  # kiosks that start together drift apart
        counts = self._outbox.counts()
        oldest = (self._clock() - counts.oldest_pending).total_seconds() if counts.oldest_pending else 0.0
        queue = {"waiting": counts.pending, "rejected": counts.rejected, "oldest_seconds": max(0, round(oldest))}
        try:
            self._gateway.heartbeat({**self._report(), "queue": queue, "clock_ahead_seconds": self._clock_ahead})
        except Unauthorised as error:
            self._raise_alarm(error)
        except SubmitError as error:
            log.debug("sender: heartbeat: %s", error.detail)  # a dossier or the next question tells
        else:
            self._accepted()

    def _look_for_catalogue(self) -> None:
        """Ask for another catalogue, once an hour; called while no dossier can go, though one that fails may wait."""
        now = self._monotonic()
        if self._catalogue is None or now < self._catalogue_at or now < self._quiet_until or not self._online:
            return
        self._catalogue_at = now + CATALOGUE_SECONDS * self._rng.uniform(0.8, 1.0)
        try:
            self._catalogue(self._gateway)
        except Unauthorised as error:
            self._raise_alarm(error)
        except SubmitError as error:
            log.debug("sender: catalogue: %s", error.detail)  # a dossier or the next question tells

    def _forget(self, province_time: datetime) -> None:
        """Remove what ended long enough ago, by the province's clock: ours may have jumped."""
        now = self._monotonic()
        if now < self._forget_at:
            return
        self._forget_at = now + FORGET_SECONDS
        self._blobs.discard(self._outbox.forget(province_time, self._keep), self._outbox.uses_blob)

    def _publish(self, entry_id: str = "") -> None:
        event = OutboxChanged(self._outbox.counts(), self._online, entry_id, self._trouble)
        known = self._published
        if entry_id or known is None or event != replace(known, entry_id=""):
            self._published = event
            self._on_change(event)
