"""Numbers that a kiosk gives alone while the hall's database is away: `A-K2-003`, kept in a file of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Row, Select, Table, insert, select
from sqlalchemy.dialects import postgresql

from kiosk.hall.rows import ticket_of
from kiosk.hall.schema import TICKETS
from kiosk.hall.store import NOTHING_ELSE, TicketStore, Wish
from kiosk.hall.tickets import GIVEN, HallError, Series, Ticket, TicketState

OWN = MetaData()
JOINED = Table(
    "joined",  # which numbers lie in the hall's database as well, and under which id
    OWN,
    Column("ticket", Integer, primary_key=True),
    Column("shared", Integer, nullable=False),
)


class OwnSeries:
    """The kiosk's own numbers. Their ids are below 0, so that they are never taken for one of the hall's."""

    def __init__(self, file: Path, suffix: str, issuer: str) -> None:
        self._store = TicketStore(file, issuer)
        self._suffix = suffix
        self._waiting: tuple[int | None, tuple[Ticket, ...]] | None = None
        with self._store.database.write() as connection:
            OWN.create_all(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def issue(
        self, series: Series, day: date, now: datetime, priority: str, wish: Wish = NOTHING_ELSE, given: int = 0
    ) -> Ticket:
        """The next own number. `given`: how many of the series were given before the database went away."""
        limit = None if series.daily_limit is None else series.daily_limit - given
        if limit is not None and limit < 1:
            raise HallError("series_full")
        series, wish = replace(series, daily_limit=limit), replace(wish, numbered=f"{series.letter}-{self._suffix}")
        return _below_0(self._store.issue(series, day, now, priority, wish))

    def waiting(self) -> tuple[Ticket, ...]:
        """Own numbers that the hall's database does not know yet, in the order of their places."""
        version = self._store.database.version()
        if self._waiting is None or self._waiting[0] != version:
            with self._store.database.read() as connection:
                tickets = tuple(_below_0(ticket_of(row)) for row in connection.execute(_not_joined()))
            self._waiting = version, tickets
        return self._waiting[1]

    def of_day(self, day: date) -> tuple[Ticket, ...]:
        """Those of a day that the hall's database does not know yet."""
        return tuple(ticket for ticket in self.waiting() if ticket.day == day)

    def get(self, ticket_id: int) -> Ticket | None:
        """One own ticket."""
        ticket = self._store.get(-ticket_id)
        return _below_0(ticket) if ticket else None

    def set_print(self, ticket_id: int, state: TicketState, code: str) -> None:
        """Write down how printing ended."""
        self._store.set_print(-ticket_id, state, code)

    def reprint(self, ticket_id: int, reason: str, by: str) -> Ticket:
        """Write down a reprint."""
        return _below_0(self._store.reprint(-ticket_id, reason, by))

    def reconcile(self, now: datetime) -> None:
        """Mark what a crash cut off."""
        self._store.reconcile(now)

    def shared_id(self, ticket_id: int) -> int | None:
        """Under which id an own ticket lies in the hall's database; None while it does not."""
        with self._store.database.read() as connection:
            return connection.execute(select(JOINED.c.shared).where(JOINED.c.ticket == -ticket_id)).scalar()

    def join(self, shared: TicketStore) -> int:
        """Put all numbers that wait here into the hall's database, in their order, each once; how many.

        A crash in between repeats it: the hall's table takes a number only once. A print that ended meanwhile was
        written here alone, so its end is told once more.
        """
        with self._store.database.read() as connection:
            rows = connection.execute(_not_joined()).all()
        if not rows:
            return 0
        with shared.database.write() as connection:
            pairs = [(row.id, _shared_with(connection, row)) for row in rows]
        with self._store.database.write() as connection:
            connection.execute(insert(JOINED), [{"ticket": own, "shared": other} for own, other in pairs])
        for (own, other), row in zip(pairs, rows, strict=True):
            now = self._store.get(own)
            if now is not None and now.state in GIVEN and now.state != row.state:
                shared.set_print(other, now.state, now.print_code)
        return len(rows)


def _not_joined() -> Select[Any]:
    known = select(JOINED.c.ticket)
    return select(TICKETS).where(TICKETS.c.id.not_in(known)).order_by(TICKETS.c.place_at, TICKETS.c.id)


def _shared_with(connection: Connection, row: Row[Any]) -> int:
    values = {key: value for key, value in row._mapping.items() if key != "id"}
    connection.execute(postgresql.insert(TICKETS).values(values).on_conflict_do_nothing())
    this = (TICKETS.c.day == row.day, TICKETS.c.series == row.series, TICKETS.c.number == row.number)
    return int(connection.execute(select(TICKETS.c.id).where(*this)).scalar_one())


def _below_0(ticket: Ticket) -> Ticket:
    return replace(ticket, id=-ticket.id)
