"""Tickets on disk: SQLAlchemy Core on SQLite, so that another database can take over for a hall with several kiosks."""

from __future__ import annotations

import math
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Row,
    Select,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, IntegrityError

from kiosk.hall.schema import METADATA, PAUSES, REPRINTS, TICKETS
from kiosk.hall.tickets import FOLLOWS, WAITING, HallError, Series, Ticket, TicketState, Waits

BUSY_SECONDS = 10.0  # a commit takes milliseconds: whoever waits longer has met a stuck process
CREATE_ATTEMPTS = 200
NUMBER_ATTEMPTS = 20
RECONCILE_AFTER = timedelta(seconds=60)  # the slowest ticket, on a serial line, is out after ten
ENOUGH_SERVICE_TIMES = 5


class TicketStore:
    """All tickets of a hall. Every write is one transaction that is on the disk when the method returns.

    `issuer` names the one process that may run with it (the kiosk, under its instance lock): tickets that it left
    unprinted are known to be lost as soon as it starts again. Others leave it empty. Every method raises `HallError`
    with `disk_full`, `hall_busy` or `hall_store` when the disk does not take or give what is asked.
    """

    def __init__(self, location: str | Path, issuer: str = "") -> None:
        self._issuer = issuer
        self._engine = _engine(location)
        self._writer = self._engine.execution_options(immediate=True)
        _create_schema(self._writer)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # -- numbers -------------------------------------------------------------------------------------------------
    def issue(self, series: Series, day: date, now: datetime, priority: str = "") -> Ticket:
        """Store the next number of `series` on the site's `day`; `now` is aware.

        Raises `HallError`: `series_full`, or `clock_behind` when numbers of a later day exist: the clock has jumped
        back, and what it says now is no ground for numbering.
        """
        for _ in range(NUMBER_ATTEMPTS):
            try:
                with self._write() as connection:
                    return self._insert(connection, series, day, now, priority)
            except IntegrityError:
                continue  # another kiosk of the hall took it; on SQLite the lock keeps this from happening
        raise HallError("hall_busy")

    def _insert(self, connection: Connection, series: Series, day: date, now: datetime, priority: str) -> Ticket:
        if connection.execute(_later(day)).first():
            raise HallError("clock_behind")
        highest = select(func.max(TICKETS.c.number)).where(TICKETS.c.day == day, TICKETS.c.series == series.letter)
        number = (connection.execute(highest).scalar() or 0) + 1
        if series.daily_limit is not None and number > series.daily_limit:
            raise HallError("series_full")
        ticket = Ticket(0, day, series.letter, number, now, priority=priority)
        values = {
            "day": day,
            "series": series.letter,
            "number": number,
            "issued_at": now,
            "issuer": self._issuer,
            "state": ticket.state,
            "priority": priority,
        }
        key = connection.execute(insert(TICKETS).values(values)).inserted_primary_key
        assert key is not None
        return replace(ticket, id=key[0])

    def has_later(self, day: date) -> bool:
        """Whether there are tickets of a day after `day`: the clock was ahead once, or is behind now."""
        with self._read() as connection:
            return connection.execute(_later(day)).first() is not None

    def cancel_later(self, day: date) -> int:
        """Cancel the tickets of all days after `day`, and return how many there were.

        This is the way out of `clock_behind` once the clock is known to be right.
        """
        statement = update(TICKETS).where(TICKETS.c.day > day).values(state=TicketState.CANCELLED)
        with self._write() as connection:
            return connection.execute(statement).rowcount

    # -- printing ------------------------------------------------------------------------------------------------
    def set_print(self, ticket_id: int, state: TicketState, code: str = "") -> None:
        """Write down how printing ended (`printed` or `print_failed`); a ticket already called keeps its state."""
        with self._write() as connection:
            this = update(TICKETS).where(TICKETS.c.id == ticket_id)
            connection.execute(this.values(print_code=code))
            connection.execute(this.where(TICKETS.c.state.in_(WAITING)).values(state=state))

    def reprint(self, ticket_id: int, reason: str, by: str) -> Ticket:
        """Write down that officer `by` prints a ticket again and why; its state changes once that has ended."""
        if not reason.strip():
            raise HallError("reason_missing")
        with self._write() as connection:
            this = update(TICKETS).where(TICKETS.c.id == ticket_id)
            if not connection.execute(this.values(reprints=TICKETS.c.reprints + 1)).rowcount:
                raise HallError("ticket_unknown")
            connection.execute(insert(REPRINTS).values(ticket=ticket_id, reason=reason.strip(), officer=by))
            return _ticket(connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).one())

    def reconcile(self, now: datetime) -> tuple[Ticket, ...]:
        """Mark tickets whose printing was cut off as `print_failed` (`print_unknown`), and return them.

        Those of this issuer are lost for certain; another process may still be printing its own, so these only after
        a minute, by a clock that may have jumped either way.
        """
        with self._write() as connection:
            open_rows = connection.execute(select(TICKETS).where(TICKETS.c.state == TicketState.ISSUED)).all()
            lost = [
                row
                for row in open_rows
                if (self._issuer and row.issuer == self._issuer) or abs(now - row.issued_at) >= RECONCILE_AFTER
            ]
            mark = update(TICKETS).where(TICKETS.c.id.in_([row.id for row in lost]))
            connection.execute(mark.values(state=TicketState.PRINT_FAILED, print_code="print_unknown"))
        return tuple(replace(_ticket(row), state=TicketState.PRINT_FAILED, print_code="print_unknown") for row in lost)

    # -- service -------------------------------------------------------------------------------------------------
    def advance(self, ticket_id: int, state: TicketState, now: datetime) -> Ticket:
        """Call, serve or end a ticket, with the time. Raises `HallError("ticket_state")` for a step out of order."""
        values: dict[str, Any] = {"state": state}
        if state in (TicketState.CALLED, TicketState.SERVING, TicketState.DONE):
            values[f"{state}_at"] = now
        with self._write() as connection:
            this = update(TICKETS).where(TICKETS.c.id == ticket_id, TICKETS.c.state.in_(FOLLOWS[state]))
            if not connection.execute(this.values(values)).rowcount:
                raise HallError("ticket_state")
            return _ticket(connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).one())

    def estimate_minutes(self, ticket: Ticket, counters: int = 1) -> int | None:
        """Minutes until `ticket` is called, rounded up: people ahead × median service time ÷ counters.

        None until its series has five real service times on its day.
        """
        served = select(TICKETS.c.serving_at, TICKETS.c.done_at).where(
            TICKETS.c.day == ticket.day,
            TICKETS.c.series == ticket.series,
            TICKETS.c.state == TicketState.DONE,
            TICKETS.c.serving_at.is_not(None),
        )
        with self._read() as connection:
            seconds: list[float] = [
                (row.done_at - row.serving_at).total_seconds() for row in connection.execute(served)
            ]
        if len(seconds) < ENOUGH_SERVICE_TIMES:
            return None
        return math.ceil(statistics.median(seconds) * self.ahead(ticket) / counters / 60)

    # -- reading -------------------------------------------------------------------------------------------------
    def waiting(self, day: date) -> dict[str, int]:
        """How many wait on `day`, by the letter of each series that has any."""
        statement = (
            select(TICKETS.c.series, func.count())
            .where(TICKETS.c.day == day, TICKETS.c.state.in_(WAITING))
            .group_by(TICKETS.c.series)
        )
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def highest(self, day: date) -> dict[str, int]:
        """The highest number given on `day`, by letter."""
        statement = select(TICKETS.c.series, func.max(TICKETS.c.number)).where(TICKETS.c.day == day)
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement.group_by(TICKETS.c.series))}

    def ahead(self, ticket: Ticket) -> int:
        """How many wait in the same series with a lower number."""
        statement = select(func.count()).where(
            TICKETS.c.day == ticket.day,
            TICKETS.c.series == ticket.series,
            TICKETS.c.number < ticket.number,
            TICKETS.c.state.in_(WAITING),
        )
        with self._read() as connection:
            return int(connection.execute(statement).scalar_one())

    def of_day(self, day: date) -> tuple[Ticket, ...]:
        """All tickets of `day` in the order in which they were given."""
        with self._read() as connection:
            rows = connection.execute(select(TICKETS).where(TICKETS.c.day == day).order_by(TICKETS.c.id)).all()
        return tuple(_ticket(row) for row in rows)

    def times(self, first: date, last: date) -> tuple[Waits, ...]:
        """State and times of every ticket of these days, both included."""
        columns = (TICKETS.c.state, TICKETS.c.issued_at, TICKETS.c.called_at, TICKETS.c.done_at)
        with self._read() as connection:
            rows = connection.execute(select(*columns).where(TICKETS.c.day.between(first, last))).all()
        return tuple(Waits(row.state, row.issued_at, row.called_at, row.done_at) for row in rows)

    def get(self, ticket_id: int) -> Ticket | None:
        """One ticket; None when there is none of this id."""
        with self._read() as connection:
            row = connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).first()
        return None if row is None else _ticket(row)

    # -- pauses --------------------------------------------------------------------------------------------------
    def pause(self, letter: str, by: str) -> None:
        """Give no more numbers of a series until it is reopened; survives a restart."""
        self._set_pause(letter, by, paused=True)

    def reopen(self, letter: str, by: str) -> None:
        """Give numbers of a series again."""
        self._set_pause(letter, by, paused=False)

    def _set_pause(self, letter: str, by: str, *, paused: bool) -> None:
        with self._write() as connection:
            connection.execute(delete(PAUSES).where(PAUSES.c.series == letter))
            connection.execute(insert(PAUSES).values(series=letter, paused=paused, officer=by))

    def paused(self) -> set[str]:
        """The letters of all paused series."""
        with self._read() as connection:
            return set(connection.execute(select(PAUSES.c.series).where(PAUSES.c.paused)).scalars())

    # -- transactions --------------------------------------------------------------------------------------------
    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with _told_as_hall_error(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with _told_as_hall_error(), self._engine.begin() as connection:
            yield connection


def _ticket(row: Row[Any]) -> Ticket:
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
    )


def _engine(location: str | Path) -> Engine:
    if isinstance(location, str) and "://" in location:
        url = make_url(location)
    else:
        url = URL.create("sqlite", database=str(location))
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, not where the driver guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _create_schema(writer: Engine) -> None:
    """Create what is missing. Turning WAL on does not wait for a lock, so the first processes of all may collide."""
    for attempt in range(CREATE_ATTEMPTS):
        try:
            with _told_as_hall_error(), writer.begin() as connection:
                METADATA.create_all(connection)
            return
        except HallError as error:
            if error.code != "hall_busy" or attempt == CREATE_ATTEMPTS - 1:
                raise
            time.sleep(0.01)


def _later(day: date) -> Select[tuple[int]]:
    return select(TICKETS.c.id).where(TICKETS.c.day > day, TICKETS.c.state != TicketState.CANCELLED).limit(1)


@contextmanager
def _told_as_hall_error() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        raise HallError(_code(error.orig)) from error


def _code(error: BaseException | None) -> str:
    extended = getattr(error, "sqlite_errorcode", 0)
    if extended & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "hall_busy"
    full = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
    return "disk_full" if extended in full else "hall_store"
