"""Tickets of the hall: numbering, states, uniqueness. No personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class TicketState(StrEnum):
    """Waiting: `issued → printed | print_failed`, again as `absent` or `transferred`. At a counter: `called → serving`.

    Beside it: `held`, to be resumed. At its end: `done` or `cancelled`.
    """

    ISSUED = "issued"
    PRINTED = "printed"
    PRINT_FAILED = "print_failed"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    ABSENT = "absent"
    TRANSFERRED = "transferred"
    DONE = "done"
    CANCELLED = "cancelled"


GIVEN = (TicketState.ISSUED, TicketState.PRINTED, TicketState.PRINT_FAILED)  # not called yet, with paper or without
WAITING = (*GIVEN, TicketState.ABSENT, TicketState.TRANSFERRED)
AT_COUNTER = (TicketState.CALLED, TicketState.SERVING)
OPEN = (*WAITING, *AT_COUNTER, TicketState.HELD)
FOLLOWS = {  # state: the states that it may follow
    TicketState.CALLED: WAITING,
    TicketState.SERVING: (TicketState.CALLED, TicketState.HELD),
    TicketState.HELD: AT_COUNTER,
    TicketState.ABSENT: (TicketState.CALLED,),
    TicketState.TRANSFERRED: AT_COUNTER,
    TicketState.DONE: (TicketState.SERVING,),
    TicketState.CANCELLED: (*WAITING, TicketState.CALLED, TicketState.HELD),
}


class TicketKind(StrEnum):
    """How a ticket stands in line. All but ordinary ones are favoured; `kiosk/hall/calling.py` says how far."""

    ORDINARY = "ordinary"
    PRIORITY = "priority"  # of a group; which one is in `Ticket.priority`
    APPOINTMENT = "appointment"  # for a time, `Ticket.due_at`
    RETURNING = "returning"  # came back with what was missing


@dataclass(frozen=True)
class Series:
    """One line of the hall, as configured."""

    letter: str
    title: str
    fields: tuple[str, ...] = ()
    counters: tuple[int, ...] = ()
    daily_limit: int | None = None
    icon: str = "ticket-outline"


@dataclass(frozen=True)
class Ticket:
    """One number. `day` is the day of the site, times are aware; `number` is 1, 2, 3, … in its series and day.

    `series` is what numbers are counted in: a letter, or `A-K2` for those that kiosk k2 gave while the database was
    away. `line` is the letter of the line in which it waits now, `place_at` the time that orders the line.
    """

    id: int
    day: date
    series: str
    number: int
    issued_at: datetime
    state: TicketState = TicketState.ISSUED
    priority: str = ""
    print_code: str = ""
    reprints: int = 0
    line: str = ""
    place_at: datetime | None = None
    kind: TicketKind = TicketKind.ORDINARY
    due_at: datetime | None = None
    absences: int = 0
    entry: str = ""  # id of the dossier that is completed under this number, or code of its appointment
    counter: int = 0  # that has called it last
    called_at: datetime | None = None  # the first call of all, which ends the wait
    announced_at: datetime | None = None
    times_called: int = 0
    desk_since: datetime | None = None  # this stay at a counter, from its call; None while it is at none
    desk_seconds: int = 0  # all stays before

    @property
    def label(self) -> str:
        """As printed: `A-025`; four digits after 999."""
        return f"{self.series}-{self.number:03d}"


class HallError(Exception):
    """What was asked of the hall cannot be done. `code` is translated.

    No number: `hall_closed`, `hall_lunch`, `hall_holiday`, `last_ticket_over`, `series_paused`, `series_full`,
    `series_unknown`, `clock_behind`. The store: `disk_full`, `hall_busy`, `hall_store`, `hall_away` (the database
    cannot be reached), `kiosk_id_twice`. A ticket: `ticket_unknown`, `ticket_state`, `ticket_over`,
    `ticket_qr_unknown`, `reason_missing`. A counter: `counter_unknown`, `counter_not_open`, `counter_busy`,
    `counter_idle`, `call_changed`, `recall_too_soon`, `recall_too_often`, `absent_too_soon`, `pause_reason_missing`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Waits:
    """When a ticket was given, called for the first time and done, as far as it came."""

    state: str
    issued_at: datetime
    called_at: datetime | None = None
    done_at: datetime | None = None
