"""From the rows of the hall to what is shown of it."""

from __future__ import annotations

from datetime import datetime

from kiosk.hall.hall import Hall
from kiosk.hall.rows import HallRows, call_of
from kiosk.hall.tickets import AT_COUNTER, WAITING, Ticket, TicketState
from kiosk.hall.view import CounterState, CounterView, HallView, LineView, Waiting


def picture(hall: Hall, rows: HallRows, now: datetime) -> HallView:
    """The hall as counters, board and glass show it."""
    told = hall.forecast(now)
    waiting = [ticket for ticket in rows.open if ticket.state in WAITING]
    closed = hall.why_closed(now)
    return HallView(
        counters=tuple(_counter(number, letters, rows) for number, letters in hall.serves.items()),
        lines=tuple(
            LineView(
                one.letter,
                one.title,
                sum(ticket.line == one.letter for ticket in waiting),
                _longest(waiting, one.letter, now),
                told.ordinary.get(one.letter),
            )
            for one in (() if rows.unknown else hall.series.values())
        ),
        calls=rows.calls,
        waiting=tuple(_waiting(ticket) for ticket in waiting),
        as_of=rows.read_at,
        stale=rows.away,
        notices=tuple(code for code in ("hall_away" if rows.away else "", closed) if code),
    )


def _counter(number: int, letters: tuple[str, ...], rows: HallRows) -> CounterView:
    row = rows.counters.get(number)
    mine = [ticket for ticket in rows.open if ticket.counter == number]
    current = next((call_of(ticket) for ticket in mine if ticket.state in AT_COUNTER), None)
    held = tuple(call_of(ticket) for ticket in mine if ticket.state is TicketState.HELD)
    if row is None or row.day != rows.day:  # nobody has opened it today
        return CounterView(number, CounterState.CLOSED, "", "", letters, current, held)
    return CounterView(number, row.state, row.officer, row.reason, letters, current, held)


def _longest(waiting: list[Ticket], letter: str, now: datetime) -> int:
    return max((round((now - one.issued_at).total_seconds()) for one in waiting if one.line == letter), default=0)


def _waiting(ticket: Ticket) -> Waiting:
    return Waiting(
        ticket.id,
        ticket.label,
        ticket.line,
        ticket.issued_at,
        ticket.state,
        ticket.kind,
        ticket.priority,
        ticket.absences,
    )
