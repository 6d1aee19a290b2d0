"""Tickets on disk: SQLAlchemy Core on SQLite, or on PostgreSQL for a hall with several kiosks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, literal_column, select, text, update
from sqlalchemy.exc import IntegrityError

from kiosk.hall.database import Database
from kiosk.hall.rows import HallRows, Seconds, read_history, read_rows, ticket_of
from kiosk.hall.schema import PAUSES, REPRINTS, TICKETS
from kiosk.hall.tickets import GIVEN, WAITING, HallError, Series, Ticket, TicketKind, TicketState, Waits
from kiosk.hall.view import Estimate

NUMBER_ATTEMPTS = 20
RECONCILE_AFTER = timedelta(seconds=60)  # the slowest ticket, on a serial line, is out after ten
_day: BindParameter[date] = bindparam("of_day")
# ORDER BY and LIMIT rather than max(): one step in the index, whatever the planner knows of the table
_BEFORE = select(
    select(TICKETS.c.id)
    .where(TICKETS.c.day > _day, TICKETS.c.state != literal_column(f"'{TicketState.CANCELLED.value}'"))
    .order_by(TICKETS.c.day.desc())
    .limit(1)
    .scalar_subquery()
    .label("later"),
    select(TICKETS.c.number)
    .where(TICKETS.c.day == _day, TICKETS.c.series == bindparam("numbered"))
    .order_by(TICKETS.c.number.desc())
    .limit(1)
    .scalar_subquery()
    .label("highest"),
    select(TICKETS.c.place_at)
    .where(TICKETS.c.day == _day, TICKETS.c.line == bindparam("letter"))
    .order_by(TICKETS.c.place_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("last"),
)
_INSERT = insert(TICKETS)


@dataclass(frozen=True)
class Wish:
    """What else is known of a number. `told`: the wait; `numbered`: its series, where that is not the line's letter."""

    kind: TicketKind = TicketKind.ORDINARY
    due_at: datetime | None = None
    entry: str = ""
    told: Estimate | None = None
    numbered: str = ""


NOTHING_ELSE = Wish()


class TicketStore:
    """All tickets of a hall. Every write is one transaction that is on the disk when the method returns.

    `issuer` names the one process that may run with it (the kiosk, under its instance lock): tickets that it left
    unprinted are known to be lost as soon as it starts again. Others leave it empty. Every method raises `HallError`
    with `disk_full`, `hall_busy` or `hall_store` when the disk does not take or give what is asked.
    """

    def __init__(self, location: str | Path, issuer: str = "") -> None:
        self._issuer = issuer
        self.trouble = ""  # code of what keeps a server away
        self.database = Database(location)
        self._rows: tuple[int | None, HallRows] | None = None
        self._history: tuple[date, Seconds] | None = None
        if not self.database.is_server:
            self.database.create()

    @property
    def refusal(self) -> str:
        """Code of what keeps this store from giving any number; "" while it gives some."""
        return ""

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    # -- numbers -------------------------------------------------------------------------------------------------
    def issue(self, series: Series, day: date, now: datetime, priority: str = "", wish: Wish = NOTHING_ELSE) -> Ticket:
        """Store the next number of a series on the site's `day`; `now` is aware.

        Raises `HallError`: `series_full`, or `clock_behind` when numbers of a later day exist: the clock has jumped
        back, and what it says now is no ground for numbering.
        """
        for _ in range(NUMBER_ATTEMPTS):
            try:
                with self.database.write() as connection:
                    return self._insert(connection, series, day, now, priority, wish)
            except IntegrityError:
                continue  # another kiosk of the hall took it; a lock keeps this from happening
        raise HallError("hall_busy")

    def _insert(
        self, connection: Connection, series: Series, day: date, now: datetime, priority: str, wish: Wish
    ) -> Ticket:
        numbered, line = wish.numbered or series.letter, series.letter
        if self.database.is_server:  # one number after the other, as SQLite's only writer gives them
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"{day} {numbered}"})
        before = connection.execute(_BEFORE, {"of_day": day, "numbered": numbered, "letter": line}).one()
        if before.later is not None:
            raise HallError("clock_behind")
        number = (before.highest or 0) + 1
        if series.daily_limit is not None and number > series.daily_limit:
            raise HallError("series_full")
        place_at = max(now, before.last or now)  # a clock that jumps back lets nobody in before
        ticket = Ticket(
            id=0,
            day=day,
            series=numbered,
            number=number,
            issued_at=now,
            priority=priority,
            line=line,
            place_at=place_at,
            kind=wish.kind,
            due_at=wish.due_at,
            entry=wish.entry,
        )
        key = connection.execute(_INSERT, self._values(ticket, wish.told)).inserted_primary_key
        assert key is not None
        return replace(ticket, id=key[0])

    def _values(self, ticket: Ticket, told: Estimate | None) -> dict[str, Any]:
        return {
            "day": ticket.day,
            "series": ticket.series,
            "number": ticket.number,
            "issued_at": ticket.issued_at,
            "issuer": self._issuer,
            "state": ticket.state,
            "priority": ticket.priority,
            "line": ticket.line,
            "place_at": ticket.place_at,
            "kind": ticket.kind,
            "due_at": ticket.due_at,
            "entry": ticket.entry,
            "estimate_minutes": told.minutes if told else None,
            "estimate_low": told.low if told else None,
            "estimate_high": told.high if told else None,
        }

    def cancel(self, ticket_id: int) -> None:
        """Cancel a number that still waits."""
        this = update(TICKETS).where(TICKETS.c.id == ticket_id, TICKETS.c.state.in_(WAITING))
        with self.database.write() as connection:
            connection.execute(this.values(state=TicketState.CANCELLED))

    def cancel_later(self, day: date) -> int:
        """Cancel the tickets of all days after `day`, and return how many there were.

        This is the way out of `clock_behind` once the clock is known to be right.
        """
        statement = update(TICKETS).where(TICKETS.c.day > day).values(state=TicketState.CANCELLED)
        with self.database.write() as connection:
            return connection.execute(statement).rowcount

    # -- printing ------------------------------------------------------------------------------------------------
    def set_print(self, ticket_id: int, state: TicketState, code: str = "") -> None:
        """Write down how printing ended (`printed` or `print_failed`); a ticket already called keeps its state."""
        with self.database.write() as connection:
            this = update(TICKETS).where(TICKETS.c.id == ticket_id)
            connection.execute(this.values(print_code=code))
            connection.execute(this.where(TICKETS.c.state.in_(GIVEN)).values(state=state))

    def reprint(self, ticket_id: int, reason: str, by: str) -> Ticket:
        """Write down that officer `by` prints a ticket again and why; its state changes once that has ended."""
        if not reason.strip():
            raise HallError("reason_missing")
        with self.database.write() as connection:
            this = update(TICKETS).where(TICKETS.c.id == ticket_id)
            if not connection.execute(this.values(reprints=TICKETS.c.reprints + 1)).rowcount:
                raise HallError("ticket_unknown")
            connection.execute(insert(REPRINTS).values(ticket=ticket_id, reason=reason.strip(), officer=by))
            return ticket_of(connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).one())

    def reconcile(self, now: datetime) -> tuple[Ticket, ...]:
        """Mark tickets whose printing was cut off as `print_failed` (`print_unknown`), and return them.

        Those of this issuer are lost for certain; another process may still be printing its own, so these only after
        a minute, by a clock that may have jumped either way.
        """
        with self.database.write() as connection:
            open_rows = connection.execute(select(TICKETS).where(TICKETS.c.state == TicketState.ISSUED)).all()
            lost = [
                row
                for row in open_rows
                if (self._issuer and row.issuer == self._issuer) or abs(now - row.issued_at) >= RECONCILE_AFTER
            ]
            mark = update(TICKETS).where(TICKETS.c.id.in_([row.id for row in lost]))
            connection.execute(mark.values(state=TicketState.PRINT_FAILED, print_code="print_unknown"))
        return tuple(
            replace(ticket_of(row), state=TicketState.PRINT_FAILED, print_code="print_unknown") for row in lost
        )

    # -- reading -------------------------------------------------------------------------------------------------
    def rows(self, day: date, first_day: date, now: datetime) -> HallRows:
        """The hall as it is; read again only when something has changed. `first_day`: of the open tickets."""
        version = self.database.version()
        if self._rows is not None:
            seen, rows = self._rows
            if version is not None and seen == version and (rows.day, rows.first_day) == (day, first_day):
                return replace(rows, read_at=now)
        with self.database.read() as connection:
            rows = read_rows(connection, day, first_day, now)
        self._rows = version, rows
        return rows

    def refresh(self) -> None:
        """Read the hall again before somebody is shown it; here `rows` does so by itself."""

    def history(self, day: date) -> Seconds:
        """Seconds at the desk on the same weekday of the weeks before, by line; read once a day."""
        if self._history is None or self._history[0] != day:
            with self.database.read() as connection:
                self._history = day, read_history(connection, day)
        return self._history[1]

    def told_and_waited(self, first: date, last: date) -> tuple[tuple[Estimate, float], ...]:
        """What was told and how many minutes were waited, of who was served in these days.

        Only of those who stayed in their line and were there at the first call: the others' wait is their own.
        """
        served = (TICKETS.c.day.between(first, last), TICKETS.c.state == TicketState.DONE, TICKETS.c.absences == 0)
        with self.database.read() as connection:
            rows = connection.execute(select(TICKETS).where(*served, TICKETS.c.estimate_minutes.is_not(None))).all()
        return tuple(
            (
                Estimate(row.estimate_minutes, row.estimate_low, row.estimate_high),
                (row.called_at - row.issued_at).total_seconds() / 60,
            )
            for row in rows
            if row.series[0] == row.line
        )

    def of_day(self, day: date) -> tuple[Ticket, ...]:
        """All tickets of `day` in the order in which they were given."""
        with self.database.read() as connection:
            rows = connection.execute(select(TICKETS).where(TICKETS.c.day == day).order_by(TICKETS.c.id)).all()
        return tuple(ticket_of(row) for row in rows)

    def times(self, first: date, last: date) -> tuple[Waits, ...]:
        """State and times of every ticket of these days, both included."""
        columns = (TICKETS.c.state, TICKETS.c.issued_at, TICKETS.c.called_at, TICKETS.c.done_at)
        with self.database.read() as connection:
            rows = connection.execute(select(*columns).where(TICKETS.c.day.between(first, last))).all()
        return tuple(Waits(row.state, row.issued_at, row.called_at, row.done_at) for row in rows)

    def get(self, ticket_id: int) -> Ticket | None:
        """One ticket; None when there is none of this id."""
        with self.database.read() as connection:
            row = connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).first()
        return None if row is None else ticket_of(row)

    # -- pauses --------------------------------------------------------------------------------------------------
    def pause(self, letter: str, by: str) -> None:
        """Give no more numbers of a series until it is reopened; survives a restart."""
        self._set_pause(letter, by, paused=True)

    def reopen(self, letter: str, by: str) -> None:
        """Give numbers of a series again."""
        self._set_pause(letter, by, paused=False)

    def _set_pause(self, letter: str, by: str, *, paused: bool) -> None:
        with self.database.write() as connection:
            connection.execute(delete(PAUSES).where(PAUSES.c.series == letter))
            connection.execute(insert(PAUSES).values(series=letter, paused=paused, officer=by))

    def paused(self) -> set[str]:
        """The letters of all paused series."""
        with self.database.read() as connection:
            return set(connection.execute(select(PAUSES.c.series).where(PAUSES.c.paused)).scalars())
