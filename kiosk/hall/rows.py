"""The hall as it lies in the database, read in one go: what every view and estimate is made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from kiosk.hall.schema import COUNTERS, PAUSES, TICKETS
from kiosk.hall.tickets import AT_COUNTER, WAITING, Ticket, TicketKind, TicketState
from kiosk.hall.view import Call, CounterState

NEWEST_CALLS = 30
HISTORY_WEEKS = 8
HOUR = timedelta(hours=1)
SHORTEST = timedelta(minutes=15)  # from less no rate is told
Seconds = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class CounterRow:
    """A counter as somebody has left it on `day`."""

    number: int
    state: CounterState
    officer: str = ""
    reason: str = ""
    day: date | None = None
    since_overtaking: int = 0


@dataclass(frozen=True)
class HallRows:
    """Everything of one day. `open`: tickets that have not ended, in the order of their places.

    Who waits is in it since `first_day`; who is called, served or held also when nobody of that day waits any more.
    """

    day: date
    first_day: date
    read_at: datetime
    open: tuple[Ticket, ...] = ()
    calls: tuple[Call, ...] = ()
    counters: Mapping[int, CounterRow] = field(default_factory=lambda: MappingProxyType({}))
    highest: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    paused: frozenset[str] = frozenset()
    has_later: bool = False  # tickets of a later day: the clock was ahead once, or is behind now
    desk_seconds: Seconds = field(default_factory=lambda: MappingProxyType({}))  # of the day, by line, oldest first
    favoured_an_hour: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # who come, by line
    away: bool = False  # read before the database went away
    unknown: bool = False  # it was never read: nobody knows who waits


def read_rows(connection: Connection, day: date, first_day: date, now: datetime) -> HallRows:
    """Read the hall; `now` is aware."""
    counters = connection.execute(select(COUNTERS)).all()
    at_desks = min(first_day, day)  # who was called before the others were cancelled is still served
    wait = TICKETS.c.state.in_(WAITING) & (TICKETS.c.day >= first_day)
    come = TICKETS.c.state.in_((*AT_COUNTER, TicketState.HELD)) & (TICKETS.c.day >= at_desks)
    open_rows = connection.execute(select(TICKETS).where(wait | come)).all()
    in_order = sorted((ticket_of(row) for row in open_rows), key=lambda ticket: (ticket.place_at, ticket.id))
    return HallRows(
        day=day,
        first_day=first_day,
        read_at=now,
        open=tuple(in_order),
        calls=tuple(call_of(ticket_of(row)) for row in connection.execute(_newest_calls(at_desks))),
        counters={row.number: counter_of(row) for row in counters},
        highest=highest_numbers(connection, day),
        paused=frozenset(connection.execute(select(PAUSES.c.series).where(PAUSES.c.paused)).scalars()),
        has_later=has_later(connection, day),
        desk_seconds=_by_line(connection, [day]),
        favoured_an_hour=_favoured_an_hour(connection, day, now),
    )


def read_history(connection: Connection, day: date) -> Seconds:
    """Seconds that numbers took at the desk on the same weekday of the weeks before, by line."""
    return _by_line(connection, [day - timedelta(weeks=week) for week in range(1, HISTORY_WEEKS + 1)])


def highest_numbers(connection: Connection, day: date) -> dict[str, int]:
    """The highest number given on `day`, by series."""
    statement = select(TICKETS.c.series, func.max(TICKETS.c.number)).where(TICKETS.c.day == day)
    return {row[0]: row[1] for row in connection.execute(statement.group_by(TICKETS.c.series))}


def has_later(connection: Connection, day: date) -> bool:
    """Whether there are tickets of a day after `day` that were not cancelled."""
    later = select(TICKETS.c.id).where(TICKETS.c.day > day, TICKETS.c.state != TicketState.CANCELLED).limit(1)
    return connection.execute(later).first() is not None


def ticket_of(row: Row[Any]) -> Ticket:
    """A row of the table as a ticket."""
    return Ticket(
        id=row.id,
        day=row.day,
        series=row.series,
        number=row.number,
        issued_at=row.issued_at,
        state=TicketState(row.state),
        priority=row.priority,
        print_code=row.print_code,
        reprints=row.reprints,
        line=row.line,
        place_at=row.place_at,
        kind=TicketKind(row.kind),
        due_at=row.due_at,
        absences=row.absences,
        entry=row.entry,
        counter=row.counter,
        called_at=row.called_at,
        announced_at=row.announced_at,
        times_called=row.times_called,
        desk_since=row.desk_since,
        desk_seconds=row.desk_seconds,
    )


def call_of(ticket: Ticket) -> Call:
    """A ticket that was called, as counters and board show it."""
    called_at = ticket.called_at or ticket.issued_at
    return Call(
        ticket_id=ticket.id,
        label=ticket.label,
        series=ticket.line,
        counter=ticket.counter,
        state=ticket.state,
        issued_at=ticket.issued_at,
        called_at=called_at,
        announced_at=ticket.announced_at or called_at,
        times_called=ticket.times_called,
        day=ticket.day,
        kind=ticket.kind,
        priority=ticket.priority,
        absences=ticket.absences,
        linked_entry=ticket.entry,
    )


def counter_of(row: Row[Any]) -> CounterRow:
    """A row of the table as a counter."""
    return CounterRow(row.number, CounterState(row.state), row.officer, row.reason, row.day, row.since_overtaking)


def _newest_calls(first_day: date) -> Select[Any]:
    called = select(TICKETS).where(TICKETS.c.day >= first_day, TICKETS.c.announced_at.is_not(None))
    return called.order_by(TICKETS.c.announced_at.desc(), TICKETS.c.id.desc()).limit(NEWEST_CALLS)


def favoured_rate(count: int, since_first: timedelta) -> float:
    """How many an hour come, when `count` have come in the last hour of a day whose first came `since_first` ago."""
    return count / (min(HOUR, max(since_first, SHORTEST)) / HOUR)


def _favoured_an_hour(connection: Connection, day: date, now: datetime) -> dict[str, float]:
    first = connection.execute(select(func.min(TICKETS.c.issued_at)).where(TICKETS.c.day == day)).scalar()
    if first is None:
        return {}
    came = (TICKETS.c.day == day, TICKETS.c.kind != TicketKind.ORDINARY, TICKETS.c.issued_at >= now - HOUR)
    counted = select(TICKETS.c.line, func.count()).where(*came).group_by(TICKETS.c.line)
    return {line: favoured_rate(count, now - first) for line, count in connection.execute(counted)}


def _by_line(connection: Connection, days: list[date]) -> Seconds:
    statement = (
        select(TICKETS.c.line, TICKETS.c.desk_seconds)
        .where(TICKETS.c.day.in_(days), TICKETS.c.state == TicketState.DONE, TICKETS.c.desk_seconds > 0)
        .order_by(TICKETS.c.done_at)
    )
    found = defaultdict(list)
    for line, seconds in connection.execute(statement):
        found[line].append(float(seconds))
    return {line: tuple(seconds) for line, seconds in found.items()}
