"""What the kiosk remembers of dossiers that somebody asked about here, and of payments that were asked for here.

Kept without anything about a person: a code, a status, times and amounts; never the name, never what the province asks
of the citizen. So the last known state can be told off line, a payment is found again after a restart, and staff see
whose fee must be given back.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.errands import ChargeLine, Paying
from kiosk.provisional import PREFIX
from offline_queue.gateway import Desk, Payment, PaymentState, Progress

log = logging.getLogger(__name__)
NOT_ACCEPTED = 3  # status of a dossier whose fee is given back
_SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (
  code TEXT PRIMARY KEY, ref TEXT NOT NULL, status INTEGER NOT NULL, procedure_code TEXT NOT NULL,
  received_at TEXT, due_at TEXT, seen_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (
  payment_id TEXT PRIMARY KEY, ref TEXT NOT NULL, code TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL,
  asked_at TEXT NOT NULL, refund TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS fee (ref TEXT, label TEXT NOT NULL, count INTEGER NOT NULL, each INTEGER NOT NULL,
  kept_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lost (at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS asked (turn INTEGER PRIMARY KEY AUTOINCREMENT, payment_id TEXT NOT NULL UNIQUE);
"""
_SAW = """
INSERT OR REPLACE INTO progress VALUES (
  ?1, coalesce(nullif(?2, ''), (SELECT ref FROM progress WHERE code = ?1), ''), ?3, ?4, ?5, ?6, ?7)
"""
# statuses 9 and 10: the dossier is done, and not refused any more
_UNSETTLED = """
refund = '' AND (asked_at > ? OR (state = 'paid' AND NOT EXISTS (
  SELECT 1 FROM progress WHERE status IN (9, 10) AND (progress.code = payment.code
    OR (progress.ref <> '' AND progress.ref = payment.ref)))))
"""
_TURN = "coalesce((SELECT turn FROM asked WHERE asked.payment_id = payment.payment_id), 0)"
LATE = timedelta(days=1)  # until then what has expired may still be paid
HALL_UNKNOWN, BOOK_LOST = "payment_hall_unknown", "payment_book_lost"  # the first: another try may help
_DUE, _DONE = "due", "done"


@dataclass(frozen=True)
class Seen:
    """The last known state of a dossier."""

    progress: Progress
    at: datetime


@dataclass(frozen=True)
class Charge:
    """A payment whose code was shown here: `ref` is the dossier's client_ref, or its code where it came another way.

    Amounts are whole đồng.
    """

    payment_id: str
    ref: str
    code: str
    amount_vnd: int
    state: PaymentState
    asked_at: datetime

    @property
    def name(self) -> str:
        """What the province is asked about the dossier by: its own code where it is known, so that the answer says
        whose it is."""
        return self.ref if self.code.startswith(PREFIX) else self.code


@dataclass(frozen=True)
class Turn:
    """Whose turn it is to ask for a payment of a dossier: those it has already, and how another is written down, which
    fails as `Ledger.keep` does.

    `blind`: why there must be no other, a translated key: one may have been asked for that is not among them.
    """

    charges: tuple[Charge, ...]
    keep: Callable[[Charge], bool]
    blind: str = ""


class Ledger:
    """One SQLite file. Every method may be called from any thread: each opens the file for itself, and has committed
    when it returns. Raises `sqlite3.Error` when the disk does not answer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as connection:
            connection.executescript(_SCHEMA)

    # -- dossiers ------------------------------------------------------------------------------------------------
    def saw(self, progress: Progress, now: datetime, ref: str = "") -> None:
        """Remember where a dossier stands (`ref`: its client_ref); not its owner, nor what is asked of them."""
        values = (
            progress.code,
            ref,
            progress.status,
            progress.procedure_code,
            _text(progress.received_at),
            _text(progress.due_at),
            _text(now),
        )
        try:
            with self._open() as connection:
                connection.execute(_SAW, values)
        except sqlite3.Error as error:  # a full disk hides no answer of the province
            log.error("ledger: %s", type(error).__name__)

    def last_seen(self, code: str) -> Seen | None:
        """What was known of a dossier when the province last answered."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT code, status, procedure_code, received_at, due_at, seen_at FROM progress WHERE code = ?",
                (code,),
            ).fetchone()
        if row is None:
            return None
        progress = Progress(row[0], row[1], row[2], received_at=_moment(row[3]), due_at=_moment(row[4]))
        return Seen(progress, datetime.fromisoformat(row[5]))

    # -- payments ------------------------------------------------------------------------------------------------
    def charges(self, ref: str) -> tuple[Charge, ...]:
        """All payments of a dossier, the oldest first."""
        return self._charges("ref = ?", ref)

    @contextmanager
    def turn(self, paying: Paying, _province: Desk) -> Iterator[Turn]:
        """While it lasts nobody else asks for a payment of this dossier: here there is nobody else."""
        yield Turn(self.charges(paying.ref), self.keep, "" if self._remembers(paying) else BOOK_LOST)

    def _remembers(self, paying: Paying) -> bool:
        """Whether all that was asked for this dossier is known: not of one that is older than a ledger that was lost,
        until what was asked for before can no longer be paid."""
        with self._open() as connection:
            lost = connection.execute("SELECT 1 FROM lost").fetchone()
            return not lost or paying.leads_on or bool(self.fee(paying.ref))

    def begin_anew(self, now: datetime) -> None:
        """What was kept before `now` is lost."""
        with self._open() as connection:
            connection.execute("INSERT INTO lost VALUES (?)", (_text(now),))

    def keep(self, charge: Charge) -> bool:
        """Write a payment down, before its code is shown: only what was shown can be paid.

        False, and nothing is written, where its id is known as the payment of another dossier or amount.
        """
        if self.is_anothers(charge):
            return False
        values = (charge.payment_id, charge.ref, charge.code, charge.amount_vnd, charge.state, _text(charge.asked_at))
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO payment VALUES (?, ?, ?, ?, ?, ?, '')", values)
        return True

    def is_anothers(self, charge: Charge) -> bool:
        """Whether this kiosk knows the payment's id as that of another dossier, or of another amount."""
        known = self._charges("payment_id = ?", charge.payment_id)
        same = (
            one.amount_vnd == charge.amount_vnd and (one.ref == charge.ref or one.code == charge.code) for one in known
        )
        return not all(same)

    def looked_at(self, payment: Payment) -> None:
        """What the province said of it now. What is paid stays paid, whatever comes late."""
        with self._open() as connection:
            connection.execute(
                "UPDATE payment SET state = ? WHERE payment_id = ? AND state <> ?",
                (payment.state, payment.payment_id, PaymentState.PAID),
            )

    def unsettled(self, now: datetime, late: timedelta = LATE, most: int = 20) -> tuple[Charge, ...]:
        """Those that may still be paid (until `late`), or whose dossiers may still not be accepted: in turns, first who
        was not asked about for longest."""
        return self._charges(_UNSETTLED, _text(now - late), order=f"{_TURN}, rowid")[:most]

    def asked_about(self, charge: Charge) -> None:
        """It has had its turn: all others come before it again."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO asked (payment_id) VALUES (?)", (charge.payment_id,))

    def keep_fee(self, ref: str, lines: tuple[ChargeLine, ...], now: datetime) -> None:
        """What a dossier that is handed in will cost: its answers are gone when the province asks for the fee."""
        with self._open() as connection:
            connection.execute("DELETE FROM fee WHERE ref = ?", (ref,))
            rows = [(ref, line.label, line.count, line.each_vnd, _text(now)) for line in lines]
            connection.executemany("INSERT INTO fee VALUES (?, ?, ?, ?, ?)", rows)

    def fee(self, ref: str) -> tuple[ChargeLine, ...]:
        """What was kept of a dossier's fee; nothing when it came another way."""
        with self._open() as connection:
            rows = connection.execute("SELECT label, count, each FROM fee WHERE ref = ?", (ref,)).fetchall()
        return tuple(ChargeLine(*row) for row in rows)

    # -- refunds -------------------------------------------------------------------------------------------------
    def rejected(self, ref: str) -> None:
        """The dossier was not accepted: what was paid for it here, staff must give back."""
        with self._open() as connection:
            connection.execute(
                "UPDATE payment SET refund = ? WHERE ref = ? AND state = ? AND refund = ''",
                (_DUE, ref, PaymentState.PAID),
            )

    def refunds(self) -> tuple[Charge, ...]:
        """What staff must give back, the oldest first: paid for a dossier that was not accepted, or paid twice.

        What was asked for last is what a dossier owes, so of several payments the last is kept and each earlier one is
        given back whole, whatever their amounts.
        """
        with self._open() as connection:
            connection.execute(
                "UPDATE payment SET refund = :due WHERE state = :paid AND refund = ''"
                " AND (EXISTS (SELECT 1 FROM progress WHERE status = :refused AND (progress.code = payment.code"
                "      OR (progress.ref <> '' AND progress.ref = payment.ref)))"
                "  OR EXISTS (SELECT 1 FROM payment AS later WHERE later.ref = payment.ref AND later.state = :paid"
                "      AND later.refund = '' AND later.rowid > payment.rowid))",
                {"due": _DUE, "paid": PaymentState.PAID, "refused": NOT_ACCEPTED},
            )
        return self._charges("refund = ?", _DUE)

    def refunded(self, payment_id: str) -> None:
        """Staff have given it back, or settled it otherwise."""
        with self._open() as connection:
            changes = "UPDATE payment SET refund = ? WHERE payment_id = ? AND refund = ?"
            connection.execute(changes, (_DONE, payment_id, _DUE))

    # -- ending --------------------------------------------------------------------------------------------------
    def forget(self, now: datetime, keep: timedelta) -> None:
        """Drop what is older than `keep`; a refund that is due stays until staff have settled it."""
        old = _text(now - keep)
        with self._open() as connection:
            connection.execute("DELETE FROM progress WHERE seen_at < ?", (old,))
            connection.execute("DELETE FROM fee WHERE kept_at < ?", (old,))
            connection.execute("DELETE FROM lost WHERE at < ?", (_text(now - LATE),))
            connection.execute("DELETE FROM payment WHERE asked_at < ? AND refund <> ?", (old, _DUE))
            connection.execute("DELETE FROM asked WHERE payment_id NOT IN (SELECT payment_id FROM payment)")

    def _charges(
        self, condition: str, value: str | None, code: str = "code", order: str = "rowid"
    ) -> tuple[Charge, ...]:
        columns = f"payment_id, ref, {code}, amount, state, asked_at"
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {columns} FROM payment WHERE {condition} ORDER BY {order}",  # noqa: S608
                (value,),
            ).fetchall()
        return tuple(
            Charge(payment_id, ref, code, amount, PaymentState(state), datetime.fromisoformat(asked_at))
            for payment_id, ref, code, amount, state, asked_at in rows
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                yield connection
        finally:
            connection.close()


def _text(moment: datetime | None) -> str | None:
    """In UTC, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
