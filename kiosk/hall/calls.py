"""What a counter does, as statements within one transaction; `counters.py` says when.

Each statement is built once: building costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Integer, any_, bindparam, func, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from kiosk.hall.rows import CounterRow, counter_of, ticket_of
from kiosk.hall.schema import COUNTERS, TICKETS, Moment, is_one_of
from kiosk.hall.tickets import AT_COUNTER, FOLLOWS, WAITING, HallError, Ticket, TicketKind, TicketState
from kiosk.hall.view import CounterState


class Head(NamedTuple):
    """What decides who is called: whole tickets would cost most of a call."""

    id: int
    kind: TicketKind
    issued_at: datetime
    place_at: datetime | None
    due_at: datetime | None


HEADS = 8  # of each kind: more than counters that could be taking them at the same moment

_number: BindParameter[int] = bindparam("number")
_ticket: BindParameter[int] = bindparam("ticket")
_line: BindParameter[str] = bindparam("letter")
_waits, _since = is_one_of(TICKETS.c.state, WAITING), TICKETS.c.day >= bindparam("first_day")
_LOCK_COUNTER = select(COUNTERS).where(COUNTERS.c.number == _number).with_for_update()
_NEW_COUNTER = {
    "sqlite": sqlite.insert(COUNTERS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(COUNTERS).on_conflict_do_nothing(),
}
_SET_COUNTER = update(COUNTERS).where(COUNTERS.c.number == bindparam("which"))
_AT_COUNTER = select(TICKETS).where(TICKETS.c.counter == _number, is_one_of(TICKETS.c.state, AT_COUNTER))
_HELD = is_one_of(TICKETS.c.state, (TicketState.HELD,))
_HOLDS = select(TICKETS.c.id).where(TICKETS.c.counter == _number, _HELD, _since).limit(1)
_IN_ORDER = (
    select(*(TICKETS.c[name] for name in Head._fields))
    .where(_waits, _since, TICKETS.c.line.in_(bindparam("letters", expanding=True)))
    .order_by(TICKETS.c.place_at, TICKETS.c.id)
    .limit(HEADS)
)
_HEADS = union_all(
    select(_IN_ORDER.where(TICKETS.c.kind == TicketKind.ORDINARY).subquery()),
    select(_IN_ORDER.where(TICKETS.c.kind != TicketKind.ORDINARY).subquery()),
)
_tickets: BindParameter[Sequence[int]] = bindparam("tickets", type_=postgresql.ARRAY(Integer))
_FREE = (
    select(TICKETS.c.id)
    .where(TICKETS.c.id == any_(_tickets), _waits)
    .order_by(func.array_position(_tickets, TICKETS.c.id))
    .limit(1)
    .with_for_update(skip_locked=True)
)
# who comes back to a line has been waited for once: the first call of all stays, `desk_since` is that of this turn
_CALL = update(TICKETS).values(called_at=func.coalesce(TICKETS.c.called_at, bindparam("first_called_at", type_=Moment)))
_TAKE = _CALL.where(TICKETS.c.id == _FREE.scalar_subquery()).returning(*TICKETS.c)
_STILL = select(TICKETS.c.id).where(TICKETS.c.id == _ticket, _waits).with_for_update()
_WAIT_FOR = _CALL.where(TICKETS.c.id == _STILL.scalar_subquery()).returning(*TICKETS.c)
_LOCK_TICKET = select(TICKETS).where(TICKETS.c.id == _ticket).with_for_update()
_CHANGE = update(TICKETS).where(TICKETS.c.id == _ticket)
_KNOWN = {field.name for field in fields(Ticket)}
_LAST_PLACE = (
    select(TICKETS.c.place_at)
    .where(TICKETS.c.line == _line, _waits, _since)
    .order_by(TICKETS.c.place_at.desc())
    .limit(1)
)


def lock_counter(connection: Connection, number: int, since_overtaking: int) -> CounterRow:
    """One counter, for this transaction alone: a second browser waits here. `since_overtaking`: of a new one."""
    row = connection.execute(_LOCK_COUNTER, {"number": number}).first()
    if row is None:
        new = {"number": number, "state": CounterState.CLOSED, "officer": "", "reason": ""}
        connection.execute(_NEW_COUNTER[connection.dialect.name], {**new, "since_overtaking": since_overtaking})
        row = connection.execute(_LOCK_COUNTER, {"number": number}).one()
    return counter_of(row)


def set_counter(connection: Connection, number: int, **values: Any) -> None:
    """Change a counter."""
    connection.execute(_SET_COUNTER, {"which": number, **values})


def at_counter(connection: Connection, number: int) -> Ticket | None:
    """Who is called to a counter, or served there."""
    row = connection.execute(_AT_COUNTER, {"number": number}).first()
    return None if row is None else ticket_of(row)


def holds(connection: Connection, number: int, first_day: date) -> bool:
    """Whether a counter has put somebody aside."""
    return connection.execute(_HOLDS, {"number": number, "first_day": first_day}).first() is not None


def heads(connection: Connection, letters: tuple[str, ...], first_day: date) -> list[Head]:
    """The first who wait in some lines: of the ordinary and of the favoured, in the order of their places."""
    rows = connection.execute(_HEADS, {"letters": letters, "first_day": first_day})
    return [Head(id_, TicketKind(kind), *times) for id_, kind, *times in rows]


def take(connection: Connection, ticket_ids: Sequence[int], counter: int, now: datetime) -> Ticket | None:
    """Call the first of some tickets that still waits and that nobody is just writing to.

    When there is none, e.g. because the end of its printing is just written down, the very first is waited for; None
    when it has been called meanwhile.
    """
    turn: dict[str, Any] = {"state": TicketState.CALLED, "counter": counter, "times_called": 1}
    turn |= {"first_called_at": now, "announced_at": now, "desk_since": now}
    row = None
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time: nothing is being written
        row = connection.execute(_TAKE, {"tickets": ticket_ids, **turn}).first()
    row = row or connection.execute(_WAIT_FOR, {"ticket": ticket_ids[0], **turn}).first()
    return None if row is None else ticket_of(row)


def lock_ticket(connection: Connection, ticket_id: int) -> Ticket:
    """One ticket, for this transaction alone. Raises `HallError("ticket_unknown")`."""
    row = connection.execute(_LOCK_TICKET, {"ticket": ticket_id}).first()
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
    connection.execute(_CHANGE, {"ticket": ticket.id, **values})
    return replace(ticket, **{name: value for name, value in values.items() if name in _KNOWN})


def last_place(connection: Connection, line: str, first_day: date) -> datetime | None:
    """The place of the last who waits in a line."""
    return connection.execute(_LAST_PLACE, {"letter": line, "first_day": first_day}).scalar()
