"""Tables of the hall. They hold no personal data: no name, no telephone, no number of an ID card."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    inspect,
    literal_column,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeDecorator

from kiosk.hall.tickets import AT_COUNTER, WAITING, TicketKind


class Moment(TypeDecorator[datetime]):
    """An aware time as ISO 8601 text: SQLite's own type forgets the time zone.

    Texts of one site have one zone and one length, so they are ordered as their times are (PostgreSQL: collation "C").
    """

    impl = String(40).with_variant(String(40, collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """To text; refuses a naive time."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return None if value is None else value.isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


def is_one_of(column: Column[str], values: Iterable[StrEnum]) -> ColumnElement[bool]:
    """`column IN ('issued', …)` as fixed text: of parameters, SQLAlchemy writes the statement anew each time."""
    return column.in_([literal_column(f"'{value.value}'") for value in values])


METADATA = MetaData()
TICKETS = Table(
    "ticket",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("series", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("issuer", String(64), nullable=False, default=""),
    Column("state", String(16), nullable=False, index=True),
    Column("priority", String(200), nullable=False, default=""),
    Column("print_code", String(64), nullable=False, default=""),
    Column("reprints", Integer, nullable=False, default=0),
    Column("called_at", Moment),  # the first call of all
    Column("serving_at", Moment),
    Column("done_at", Moment),
    # since version 1
    Column("line", String(1), nullable=False, server_default=""),
    Column("place_at", Moment),
    Column("kind", String(16), nullable=False, server_default="ordinary"),
    Column("due_at", Moment),
    Column("entry", String(40), nullable=False, server_default=""),
    Column("counter", Integer, nullable=False, server_default="0"),  # that called it last
    Column("announced_at", Moment),
    Column("times_called", Integer, nullable=False, server_default="0"),  # in this turn
    Column("absences", Integer, nullable=False, server_default="0"),
    Column("desk_since", Moment),  # this stay at a counter: since the first call of this turn
    Column("desk_seconds", Integer, nullable=False, server_default="0"),  # all stays before
    Column("estimate_minutes", Integer),  # what was told when it was given
    Column("estimate_low", Integer),
    Column("estimate_high", Integer),
    UniqueConstraint("day", "series", "number"),
)
_HERE = is_one_of(TICKETS.c.state, AT_COUNTER)
_IN_LINE = is_one_of(TICKETS.c.state, WAITING)
Index("one_at_a_counter", TICKETS.c.counter, unique=True, sqlite_where=_HERE, postgresql_where=_HERE)
# who is next, and the last place of a day: what every call and every number asks for
Index("in_line", TICKETS.c.line, TICKETS.c.place_at, TICKETS.c.id, sqlite_where=_IN_LINE, postgresql_where=_IN_LINE)
Index("places", TICKETS.c.day, TICKETS.c.line, TICKETS.c.place_at)
REPRINTS = Table(
    "reprint",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("officer", String(100), nullable=False),
)
PAUSES = Table(
    "pause",
    METADATA,
    Column("series", String(8), primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("officer", String(100), nullable=False),
)
COUNTERS = Table(
    "counter",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", Date),  # of the last act: a counter that nobody has opened today is closed
    Column("state", String(16), nullable=False),
    Column("officer", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("since_overtaking", Integer, nullable=False),  # calls since a favoured ticket overtook
)


# What several kiosks of one hall tell each other of payments, in their common database alone; a kiosk's own ledger has
# the rest. References and codes of dossiers, amounts, times: nothing about a person.
SHARED = MetaData()
PAYMENTS = Table(
    "payment",
    SHARED,
    Column("payment_id", String(100), primary_key=True),
    Column("ref", String(100), nullable=False, index=True),  # as `Charge` (kiosk/errands/ledger.py)
    Column("code", String(100), nullable=False, index=True),  # the official one as soon as somebody knows it
    Column("amount_vnd", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False),  # in UTC, as the ledgers have it
)


CHANNEL = "kiosk_hall"
_CHANGED = f"""CREATE OR REPLACE FUNCTION kiosk_hall_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$"""
_TELL = """CREATE OR REPLACE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON {table}
EXECUTE FUNCTION kiosk_hall_changed()"""


def bring_up_to_date(connection: Connection) -> None:
    """Create what is missing, also the columns that a store of an earlier version lacks; nothing is lost.

    `connection` has begun a transaction that writes: other kiosks that start at the same time wait for its end.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(5401141)"))
    there = (
        {column["name"] for column in inspect(connection).get_columns("ticket")} if _has_tickets(connection) else set()
    )
    for column in TICKETS.columns if there else ():
        if column.name not in there:
            connection.execute(text(f"ALTER TABLE ticket ADD COLUMN {CreateColumn(column).compile(connection)}"))
    if there and "line" not in there:
        connection.execute(update(TICKETS).values(line=TICKETS.c.series, place_at=TICKETS.c.issued_at))
        of_a_group = update(TICKETS).where(TICKETS.c.priority != "")
        connection.execute(of_a_group.values(kind=TicketKind.PRIORITY))
    METADATA.create_all(connection)
    for index in TICKETS.indexes:
        index.create(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":
        SHARED.create_all(connection)
        connection.execute(text(_CHANGED))  # every commit is told to all who listen, whoever has made it
        for table in (TICKETS, COUNTERS, PAUSES):
            connection.execute(text(_TELL.format(table=table.name)))


def _has_tickets(connection: Connection) -> bool:
    return inspect(connection).has_table("ticket")
