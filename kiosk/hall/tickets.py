"""Tickets of the hall: numbering, states, uniqueness. No personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class TicketState(StrEnum):
    """`issued → printed | print_failed`, then `called → serving → done | absent | cancelled`."""

    ISSUED = "issued"
    PRINTED = "printed"
    PRINT_FAILED = "print_failed"
    CALLED = "called"
    SERVING = "serving"
    DONE = "done"
    ABSENT = "absent"
    CANCELLED = "cancelled"


WAITING = (TicketState.ISSUED, TicketState.PRINTED, TicketState.PRINT_FAILED)  # not called yet, with paper or without
FOLLOWS = {  # state: the states that it may follow
    TicketState.CALLED: (*WAITING, TicketState.CALLED, TicketState.ABSENT),
    TicketState.SERVING: (TicketState.CALLED,),
    TicketState.DONE: (TicketState.SERVING,),
    TicketState.ABSENT: (TicketState.CALLED,),
    TicketState.CANCELLED: (*WAITING, TicketState.CALLED, TicketState.ABSENT),
}


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
    """One number. `day` is the day of the site, `issued_at` aware; `number` is 1, 2, 3, … in its series and day."""

    id: int
    day: date
    series: str
    number: int
    issued_at: datetime
    state: TicketState = TicketState.ISSUED
    priority: str = ""
    print_code: str = ""
    reprints: int = 0

    @property
    def label(self) -> str:
        """As printed: `A-025`; four digits after 999."""
        return f"{self.series}-{self.number:03d}"


class HallError(Exception):
    """What was asked of the hall cannot be done. `code` is translated.

    No number: `hall_closed`, `hall_lunch`, `hall_holiday`, `last_ticket_over`, `series_paused`, `series_full`,
    `series_unknown`, `clock_behind`. The store: `disk_full`, `hall_busy`, `hall_store`. A ticket: `ticket_unknown`,
    `ticket_state`, `ticket_qr_unknown`, `reason_missing`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Waits:
    """When a ticket was given, called and done, as far as it came."""

    state: str
    issued_at: datetime
    called_at: datetime | None = None
    done_at: datetime | None = None
