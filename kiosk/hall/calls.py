"""What a counter does, as statements within one transaction; `counters.py` says when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from kiosk.hall.rows import CounterRow, counter_of, ticket_of
from kiosk.hall.schema import COUNTERS, TICKETS
from kiosk.hall.tickets import AT_COUNTER, FOLLOWS, WAITING, HallError, Ticket, TicketKind, TicketState
from kiosk.hall.view import CounterState

HEADS = 12  # of each kind; more than counters that could be taking them at the same moment


def lock_counter(connection: Connection, number: int, since_overtaking: int) -> CounterRow:
    """One counter, for this transaction alone: a second browser waits here. `since_overtaking`: of a new one."""
    this = select(COUNTERS).where(COUNTERS.c.number == number).with_for_update()
    row = connection.execute(this).first()
    if row is None:
        new = postgresql.insert(COUNTERS) if connection.dialect.name == "postgresql" else sqlite.insert(COUNTERS)
        values = {"number": number, "state": CounterState.CLOSED, "officer": "", "reason": ""}
        connection.execute(new.values(**values, since_overtaking=since_overtaking).on_conflict_do_nothing())
        row = connection.execute(this).one()
    return counter_of(row)


def set_counter(connection: Connection, number: int, **values: Any) -> None:
    """Change a counter."""
    connection.execute(update(COUNTERS).where(COUNTERS.c.number == number).values(values))


def at_counter(connection: Connection, number: int) -> Ticket | None:
    """Who is called to a counter, or served there."""
    this = select(TICKETS).where(TICKETS.c.counter == number, TICKETS.c.state.in_(AT_COUNTER))
    row = connection.execute(this).first()
    return None if row is None else ticket_of(row)


def holds(connection: Connection, number: int, first_day: date) -> bool:
    """Whether a counter has put somebody aside."""
    held = (TICKETS.c.counter == number, TICKETS.c.state == TicketState.HELD, TICKETS.c.day >= first_day)
    return connection.execute(select(TICKETS.c.id).where(*held).limit(1)).first() is not None


def heads(connection: Connection, letters: tuple[str, ...], first_day: date) -> list[Ticket]:
    """The first who wait in some lines: of the ordinary and of the favoured, in the order of their places."""
    waits = (TICKETS.c.state.in_(WAITING), TICKETS.c.line.in_(letters), TICKETS.c.day >= first_day)
    in_order = select(TICKETS).where(*waits).order_by(TICKETS.c.place_at, TICKETS.c.id).limit(HEADS)
    ordinary = in_order.where(TICKETS.c.kind == TicketKind.ORDINARY).subquery()
    favoured = in_order.where(TICKETS.c.kind != TicketKind.ORDINARY).subquery()
    return [ticket_of(row) for row in connection.execute(union_all(select(ordinary), select(favoured)))]


def take(connection: Connection, ticket_id: int) -> bool:
    """Lock a ticket that still waits; False when another counter is just taking it, or has."""
    this = select(TICKETS.c.id).where(TICKETS.c.id == ticket_id, TICKETS.c.state.in_(WAITING))
    return connection.execute(this.with_for_update(skip_locked=True)).first() is not None


def lock_ticket(connection: Connection, ticket_id: int) -> Ticket:
    """One ticket, for this transaction alone. Raises `HallError("ticket_unknown")`."""
    row = connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id).with_for_update()).first()
    if row is None:
        raise HallError("ticket_unknown")
    return ticket_of(row)


def move(connection: Connection, ticket: Ticket, state: TicketState, now: datetime, **values: Any) -> Ticket:
    """Bring a ticket into another state, with what else changes; the time at the desk is counted.

    Raises `HallError("ticket_state")` when that state may not follow.
    """
    if ticket.state not in FOLLOWS[state]:
        raise HallError("ticket_state")
    if state in AT_COUNTER and ticket.state not in AT_COUNTER:
        values["desk_since"] = now
    elif state not in AT_COUNTER and ticket.desk_since is not None:
        stay = max(0, round((now - ticket.desk_since).total_seconds()))  # 0: the clock has jumped back
        values |= {"desk_since": None, "desk_seconds": ticket.desk_seconds + stay}
    return change(connection, ticket, state=state, **values)


def change(connection: Connection, ticket: Ticket, **values: Any) -> Ticket:
    """Change a ticket that this transaction has locked."""
    this = update(TICKETS).where(TICKETS.c.id == ticket.id).values(values).returning(TICKETS)
    return ticket_of(connection.execute(this).one())


def last_place(connection: Connection, line: str, first_day: date) -> datetime | None:
    """The place of the last who waits in a line."""
    waits = (TICKETS.c.line == line, TICKETS.c.state.in_(WAITING), TICKETS.c.day >= first_day)
    last = select(TICKETS.c.place_at).where(*waits).order_by(TICKETS.c.place_at.desc()).limit(1)
    return connection.execute(last).scalar()
