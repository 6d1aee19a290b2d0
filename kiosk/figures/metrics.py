"""The centre's figures at rest: how visits went, ratings, hours without a line; nothing about anybody.

A visit is kept with its day, never with a time of day, under a random number, and a rating stands apart from it: no
row leads to a dossier, a ticket or the other. The file is encrypted all the same (with a key of its own beside it),
as people write what they like into the words of a rating.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlcipher3

from offline_queue.database import CORRUPT, NOT_A_DATABASE, connect, damage, is_full
from offline_queue.errors import OutboxFull, StoreFailed
from offline_queue.key import derive, load_or_create_key

DAMAGED, FAILED = "figures_damaged", "figures_failed"
KEEP = timedelta(days=400)  # the same month of last year can be compared
SCHEMA = """
CREATE TABLE IF NOT EXISTS visit (id TEXT PRIMARY KEY, day TEXT NOT NULL, purpose TEXT NOT NULL,
  abandoned_at TEXT NOT NULL, seconds REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rating (id TEXT PRIMARY KEY, day TEXT NOT NULL, purpose TEXT NOT NULL,
  stars INTEGER NOT NULL, reasons TEXT NOT NULL, words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offline (day TEXT PRIMARY KEY, seconds REAL NOT NULL) WITHOUT ROWID;
"""


class Purpose(StrEnum):
    """What somebody came for."""

    NUMBER = "number"
    DOSSIER = "dossier"
    COUNTER = "counter"  # prepared here, handed over at the counter
    LOOKUP = "lookup"
    PETITION = "petition"
    LOOK = "look"  # looked around, or read what a procedure needs: begun nothing, so nothing is left


@dataclass(frozen=True)
class Visit:
    """One visit. `abandoned_at` is the step that was left, "" for one that came to its end; `day` its first day."""

    day: date
    purpose: Purpose
    abandoned_at: str = ""
    seconds: float | None = None  # from identification to submission


@dataclass(frozen=True)
class Rating:
    """What a visitor thinks. `stars` 1 to 5, `reasons` keys of `REASONS`."""

    day: date
    purpose: Purpose
    stars: int
    reasons: tuple[str, ...] = ()
    words: str = field(default="", repr=False)


class Metrics:
    """The file. Every method is one transaction and may be called from any thread. Raises `OutboxError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = derive(load_or_create_key(path.with_suffix(".key"), store_exists=path.exists()), "metrics")
        with self._open() as connection:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
        path.chmod(0o600)

    def add_visit(self, visit: Visit) -> None:
        """Keep a visit that has ended."""
        row = (_id(), visit.day.isoformat(), visit.purpose.value, visit.abandoned_at, visit.seconds)
        with self._open() as connection:
            connection.execute("INSERT INTO visit VALUES (?, ?, ?, ?, ?)", row)
            before = (visit.day - KEEP).isoformat()
            for table in ("visit", "rating", "offline"):
                connection.execute(f"DELETE FROM {table} WHERE day < ?", (before,))  # noqa: S608  names of ours

    def add_rating(self, rating: Rating) -> None:
        """Keep what somebody thinks."""
        row = (_id(), rating.day.isoformat(), rating.purpose.value, rating.stars, json.dumps(rating.reasons))
        with self._open() as connection:
            connection.execute("INSERT INTO rating VALUES (?, ?, ?, ?, ?, ?)", (*row, rating.words))

    def add_offline(self, seconds: dict[date, float]) -> None:
        """Add to the time without a line to the province, for each day."""
        with self._open() as connection:
            for day, more in seconds.items():
                connection.execute(
                    "INSERT INTO offline VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET seconds = seconds + ?",
                    (day.isoformat(), more, more),
                )

    def visits(self, first: date, last: date) -> tuple[Visit, ...]:
        """The visits that began on these days, in no order."""
        rows = self._between("SELECT day, purpose, abandoned_at, seconds FROM visit", first, last)
        return tuple(Visit(date.fromisoformat(day), Purpose(purpose), step, took) for day, purpose, step, took in rows)

    def ratings(self, first: date, last: date) -> tuple[Rating, ...]:
        """The ratings of these days, in no order."""
        rows = self._between("SELECT day, purpose, stars, reasons, words FROM rating", first, last)
        return tuple(
            Rating(date.fromisoformat(day), Purpose(purpose), stars, tuple(json.loads(reasons)), words)
            for day, purpose, stars, reasons, words in rows
        )

    def offline(self, first: date, last: date) -> float:
        """Seconds without a line on these days."""
        return float(sum(row[0] for row in self._between("SELECT seconds FROM offline", first, last)))

    def _between(self, select: str, first: date, last: date) -> list[Any]:
        with self._open() as connection:
            days = (first.isoformat(), last.isoformat())
            return list(connection.execute(f"{select} WHERE day BETWEEN ? AND ?", days).fetchall())

    def check(self) -> None:
        """Read the whole file. Raises `OutboxError`: `figures_damaged` when not all of it can be read."""
        with self._own_errors():
            connection = connect(self._path, self._key)
            try:
                found = damage(connection)
            finally:
                connection.close()
        if found:
            raise StoreFailed(DAMAGED, found[0])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with self._own_errors():
            connection = connect(self._path, self._key)
            try:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()

    @contextmanager
    def _own_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlcipher3.Error as error:
            code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
            if is_full(code, self._path.parent):
                raise OutboxFull(self._path.name) from None
            broken = code in (CORRUPT, NOT_A_DATABASE)
            raise StoreFailed(DAMAGED if broken else FAILED, type(error).__name__) from None


def _id() -> str:
    return os.urandom(12).hex()
