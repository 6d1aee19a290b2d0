"""The tickets of a hall with several kiosks: on a server, which may go away at any moment."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from kiosk.hall import last_seen
from kiosk.hall.own_series import OwnSeries
from kiosk.hall.rows import HallRows, Seconds, read_rows
from kiosk.hall.store import NOTHING_ELSE, TicketStore, Wish
from kiosk.hall.tickets import HallError, Series, Ticket, TicketState

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE_SECONDS = 0.3  # of the glass: as long as a slow disk takes for a commit
LISTEN_SECONDS = 0.5
RETRY_SECONDS = 1.0
BREATH_SECONDS = 0.02  # between two readings, however many commits are told
FIRST_TRY_SECONDS = 3.0
SILENT_SECONDS = 3.0  # a server that says nothing for so long is away, whatever its line looks like
REMEMBER_SECONDS = 5.0  # between two writings of what is seen
TWIN_SECONDS = 30.0  # a kiosk whose line broke meets its own old one for some seconds
AWAY = ("hall_away", "hall_busy")
ID_TWICE = "kiosk_id_twice"


class SharedStore(TicketStore):
    """As `TicketStore`, for a kiosk whose glass never waits for the server.

    One thread keeps the line to the server: it hears of every commit (`LISTEN`), reads the hall, and gives it to
    whoever asks (`rows`); when the server is away, it tries once a second. What the glass writes is asked of the server
    on other threads for at most `PATIENCE_SECONDS`. While it is away, and when it is too slow, numbers come from the
    kiosk's own series (`own_series.py`), and join the others in their order when it is back. A kiosk whose id another
    one has got before it, is kept away: their own numbers would be the same.
    """

    def __init__(self, location: str, folder: Path, suffix: str, issuer: str, clock: Callable[[], datetime]) -> None:
        super().__init__(location, issuer)
        self._own = OwnSeries(folder / "tickets-own.db", suffix, issuer)
        self._clock = clock
        self._asked: tuple[date, date] | None = None  # the days that the glass wants to see
        self._seen_file = folder / "hall-seen.json"
        self._cached = last_seen.load(self._seen_file)
        self._started_at = clock()
        self._read_at = self._heard_at = self._saved_at = 0.0  # monotonic
        self._twin_since: float | None = None  # monotonic; before this kiosk has ever been in the hall: 0
        self._seconds: tuple[date, Seconds] | None = None
        self._tickets: tuple[Ticket, ...] = ()  # of the day, as last seen
        self._owed: deque[Callable[[], object]] = deque()  # what the server could not be told yet
        self._was_up = True  # so that a server that is away from the beginning is told in the log
        self._ended = threading.Event()
        self._tried = threading.Event()
        self._pool = ThreadPoolExecutor(4, "hall-shared")
        self._thread = threading.Thread(target=self._keep_line, name="hall-line", daemon=True)
        self._thread.start()
        self._watch = threading.Thread(target=self._watch_line, name="hall-watch", daemon=True)
        self._watch.start()
        self._tried.wait(FIRST_TRY_SECONDS)

    def close(self) -> None:
        """Let go of the server."""
        self._ended.set()
        self._thread.join()
        self._watch.join()
        self._remember()
        self._pool.shutdown()
        self._own.close()
        super().close()

    # -- the line ------------------------------------------------------------------------------------------------
    def _keep_line(self) -> None:
        while not self._ended.is_set():
            try:
                self.database.create()
                with self.database.listening(self._issuer) as wait:
                    self._come_back()
                    while not self._ended.is_set() and self.database.is_up:
                        told = wait(LISTEN_SECONDS)
                        self._heard_at = time.monotonic()
                        if told or self._owed or self._own.waiting() or self._wants_another_day():
                            self._own.join(self)
                            self._settle()
                            self._read()
                            self._ended.wait(BREATH_SECONDS)
            except HallError as error:
                new = self._was_up or error.code != self.trouble
                log.log(logging.WARNING if new else logging.DEBUG, "hall: no database: %s", error.code)
                self._meet_twin(error.code)
                self.trouble = error.code
            if self._was_up:
                self._remember()
            self._was_up = self.database.is_up = False
            self._tried.set()
            self.database.changed()
            self._ended.wait(RETRY_SECONDS)

    def _watch_line(self) -> None:
        """A server that hangs keeps the line's own thread: this one tells that it is away."""
        while not self._ended.wait(LISTEN_SECONDS):
            if self.database.is_up and self._was_up and time.monotonic() - self._heard_at > SILENT_SECONDS:
                self.database.is_up = False
                self.database.changed()

    def _meet_twin(self, code: str) -> None:
        if code != ID_TWICE:
            self._twin_since = None
        elif self._twin_since is None:
            self._twin_since = time.monotonic() if self._heard_at else 0.0

    @property
    def refusal(self) -> str:
        """Why no number is given, not even a spare one: another kiosk gives the same."""
        since = self._twin_since
        return ID_TWICE if since is not None and time.monotonic() - since >= TWIN_SECONDS else ""

    def _remember(self) -> None:
        if self._cached is not None and self._issuer:  # a command beside the kiosk leaves its memory alone
            last_seen.save(self._seen_file, self._cached)
        self._saved_at = time.monotonic()

    def _come_back(self) -> None:
        """First everybody's place, then what is shown."""
        log.info("hall: the database is there; %d own numbers join", self._own.join(self))
        self._heard_at, self._twin_since = time.monotonic(), None
        self._was_up, self.trouble = True, ""
        self._settle()
        self._read()
        self._tried.set()

    def _wants_another_day(self) -> bool:
        cached, asked = self._cached, self._asked
        return asked is not None and (cached is None or (cached.day, cached.first_day) != asked)

    def _read(self) -> None:
        begun, now = time.monotonic(), self._clock()
        day, first_day = self._asked or (now.date(), now.date())
        with self.database.read() as connection:
            rows = read_rows(connection, day, first_day, now)
        if self._seconds is None or self._seconds[0] != day:
            self._seconds = day, super().history(day)
        tickets = super().of_day(day)
        if begun >= self._read_at:  # else an officer's thread has begun later, and seen more
            self._cached, self._tickets, self._read_at = rows, tickets, begun
            if begun - self._saved_at > REMEMBER_SECONDS:
                self._remember()
        self.database.changed()

    def tell(self, work: Callable[[], object]) -> None:
        """Have the server told something, now or when it is back; nobody waits for it."""
        self._pool.submit(self._try, work)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except HallError as error:
            if error.code in AWAY:
                self._owed.append(work)
            else:
                log.error("hall: the database refuses what happened while it was away: %s", error.code)

    def _settle(self) -> None:
        for _ in range(len(self._owed)):
            self._try(self._owed.popleft())

    def _ask(self, work: Callable[[], T], late: Callable[[T], None] | None = None) -> T:
        """Have the server do something on another thread, but not for long; `late` undoes what came after that."""
        if not self.database.is_up:
            raise HallError("hall_away")
        future = self._pool.submit(work)
        try:
            return future.result(PATIENCE_SECONDS)
        except TooLate:
            self.database.is_up = False  # until the line has asked it again
            if late is not None:
                future.add_done_callback(lambda done: self._undo(done, late))
            raise HallError("hall_away") from None

    def _undo(self, done: Future[T], late: Callable[[T], None]) -> None:
        if done.exception() is None:
            self._try(lambda: late(done.result()))

    # -- numbers -------------------------------------------------------------------------------------------------
    def issue(self, series: Series, day: date, now: datetime, priority: str = "", wish: Wish = NOTHING_ELSE) -> Ticket:
        """The next number of the hall; of the kiosk's own series while the database is away or too slow.

        Raises `HallError` also with `refusal`.
        """
        if code := self.refusal:
            raise HallError(code)
        try:
            ticket = self._ask(lambda: TicketStore.issue(self, series, day, now, priority, wish), self._take_back)
        except HallError as error:
            if error.code not in AWAY:
                raise
            given = self._cached.highest.get(series.letter, 0) if self._cached and self._cached.day == day else 0
            ticket = self._own.issue(series, day, now, priority, wish, given)
            self.database.changed()
            return ticket
        if (rows := self._cached) is not None and ticket not in rows.open:  # the line has not heard of it yet
            self._cached = replace(rows, open=(*rows.open, ticket))
        return ticket

    def _take_back(self, ticket: Ticket) -> None:
        """Nobody holds this number: it was given too late, and its citizen got one of the own series."""
        self.cancel(ticket.id)

    def cancel_later(self, day: date) -> int:
        """As `TicketStore`; raises `HallError("hall_away")` while the database is away."""
        return self._ask(lambda: TicketStore.cancel_later(self, day))

    # -- printing ------------------------------------------------------------------------------------------------
    def set_print(self, ticket_id: int, state: TicketState, code: str = "") -> None:
        """Write down how printing ended: at once for an own number, as soon as it goes for one of the hall."""
        if ticket_id < 0:
            self._own.set_print(ticket_id, state, code)
            ticket_id = self._own.shared_id(ticket_id) or 0
        if ticket_id:
            self.tell(lambda: TicketStore.set_print(self, ticket_id, state, code))

    def reprint(self, ticket_id: int, reason: str, by: str) -> Ticket:
        """As `TicketStore`; raises `HallError("hall_away")` for a number of the hall while the database is away."""
        shared = ticket_id if ticket_id > 0 else self._own.shared_id(ticket_id)
        if shared is None:
            return self._own.reprint(ticket_id, reason, by)
        return self._ask(lambda: TicketStore.reprint(self, shared, reason, by))

    def reconcile(self, now: datetime) -> tuple[Ticket, ...]:
        """Mark what a crash cut off: here at once, in the hall's database as soon as the line is there."""
        self._own.reconcile(now)
        self.tell(lambda: TicketStore.reconcile(self, now))
        return ()

    # -- reading: nothing here waits -----------------------------------------------------------------------------
    def rows(self, day: date, first_day: date, now: datetime) -> HallRows:
        """The hall as the line has read it last, with the own numbers that wait; `away` when that may be long ago."""
        self._asked = day, first_day
        rows = self._cached
        if rows is None:
            rows = HallRows(day, first_day, self._started_at, unknown=True)
        elif (rows.day, rows.first_day) != (day, first_day):
            still = tuple(ticket for ticket in rows.open if ticket.day >= first_day)
            rows = HallRows(day, first_day, rows.read_at, open=still, paused=rows.paused, has_later=rows.has_later)
        known = {ticket.label for ticket in rows.open if ticket.day == day}  # just joining: in both for a moment
        own = (one for one in self._own.waiting() if one.day >= first_day and one.label not in known)
        up = self.database.is_up
        return replace(rows, open=(*rows.open, *own), read_at=now if up else rows.read_at, away=not up)

    def refresh(self) -> None:
        """Read the hall on this thread, so that an officer sees what has just been done."""
        with suppress(HallError):
            self._read()

    def history(self, day: date) -> Seconds:
        """As `TicketStore`, as the line has read it."""
        return self._seconds[1] if self._seconds and self._seconds[0] == day else {}

    def of_day(self, day: date) -> tuple[Ticket, ...]:
        """All tickets of `day`, those of the hall as last seen."""
        return (*(ticket for ticket in self._tickets if ticket.day == day), *self._own.of_day(day))

    def get(self, ticket_id: int) -> Ticket | None:
        """One ticket; raises `HallError("hall_away")` for one of the hall while the database is away."""
        if ticket_id < 0:
            return self._own.get(ticket_id)
        return self._ask(lambda: TicketStore.get(self, ticket_id))

    # -- pauses --------------------------------------------------------------------------------------------------
    def pause(self, letter: str, by: str) -> None:
        """As `TicketStore`; raises `HallError("hall_away")` while the database is away."""
        self._ask(lambda: TicketStore.pause(self, letter, by))

    def reopen(self, letter: str, by: str) -> None:
        """As `TicketStore`; raises `HallError("hall_away")` while the database is away."""
        self._ask(lambda: TicketStore.reopen(self, letter, by))

    def paused(self) -> set[str]:
        """The letters of all paused series, as last seen."""
        return set(self._cached.paused) if self._cached else set()
