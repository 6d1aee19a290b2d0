"""Tables of the hall. They hold no personal data: no name, no telephone, no number of an ID card."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, Date, Dialect, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware time as ISO 8601 text: SQLite's own type forgets the time zone."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """To text; refuses a naive time."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


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
    Column("called_at", Moment),
    Column("serving_at", Moment),
    Column("done_at", Moment),
    UniqueConstraint("day", "series", "number"),
)
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
