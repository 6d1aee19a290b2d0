"""What the embedded province remembers: one SQLCipher database with a key file of its own beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk.sandbox.due import ZONE
from offline_queue.errors import KeyRefused
from offline_queue.key import derive, load_or_create_key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dossier (
  code TEXT PRIMARY KEY, key TEXT UNIQUE NOT NULL, client_ref TEXT UNIQUE NOT NULL, fingerprint TEXT NOT NULL,
  receipt TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (agency TEXT, day TEXT, last INTEGER NOT NULL, PRIMARY KEY (agency, day));
CREATE TABLE IF NOT EXISTS upload (uid TEXT PRIMARY KEY, info TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (id TEXT PRIMARY KEY, client_ref TEXT NOT NULL, amount TEXT NOT NULL,
  asked_at TEXT NOT NULL, vietqr TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS paid (payment TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act (code TEXT NOT NULL, status INTEGER NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL,
  ask TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS supplement (name TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vneid (session TEXT PRIMARY KEY, proof TEXT UNIQUE NOT NULL, asked_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heartbeat (kiosk TEXT PRIMARY KEY, noted_at TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_NOT_A_DATABASE = 26  # SQLITE_NOTADB: the first page does not decrypt
_DOSSIER = "SELECT code, fingerprint, receipt, payload FROM dossier WHERE "


@dataclass(frozen=True)
class Accepted:
    """A dossier that the province has taken. `receipt` is the `Receipt` of the API, `payload` the `Dossier`."""

    code: str
    fingerprint: str
    receipt: Mapping[str, Any]
    payload: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Accepted({self.code})"


@dataclass(frozen=True)
class Payment:
    """A payment that was asked for."""

    id: str
    asked_at: datetime
    vietqr: str


@dataclass(frozen=True)
class Act:
    """What an officer has decided about a dossier; `ask` is what its citizen must do."""

    status: int
    at: datetime
    note: str
    ask: str


@dataclass(frozen=True)
class VneidSession:
    """An e-identification by phone that was started; `proof` is its secret evidence."""

    session: str
    proof: str
    asked_at: datetime


class Store:
    """One connection, used by one thread at a time. Whatever writes has committed when it returns."""

    def __init__(self, data_dir: Path) -> None:
        """Opens or makes the store; `KeyRefused` when the key does not fit, `OSError` when the disk is at fault."""
        import sqlcipher3

        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = data_dir / "province.db"
        key = load_or_create_key(data_dir / "province.key", store_exists=database.exists())
        self.blob_key = derive(key, "province-uploads")
        self._db = sqlcipher3.connect(str(database), isolation_level=None, check_same_thread=False)
        try:
            self._db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlcipher3.DatabaseError as error:
            self._db.close()
            if getattr(error, "sqlite_errorcode", 0) != _NOT_A_DATABASE:
                raise OSError(f"{database} cannot be used: {error}") from error
            raise KeyRefused("key_wrong", str(database)) from None

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # dossiers

    def accept(
        self, key: str, client_ref: str, fingerprint: str, agency: str, times: tuple[datetime, datetime], payload: Any
    ) -> Accepted:
        """Take a dossier (received at, due at) under the next number of its agency and day, in one transaction."""
        received_at, due = (moment.astimezone(ZONE) for moment in times)
        day = f"{received_at:%y%m%d}"
        with self._transaction():
            number = self._db.execute(
                "INSERT INTO sequence VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
                (agency, day),
            ).fetchone()[0]
            code = f"{agency}-{day}-{number:04d}"
            receipt = {"code": code, "status": 1, "received_at": _text(received_at), "due_at": _text(due)}
            self._db.execute(
                "INSERT INTO dossier VALUES (?, ?, ?, ?, ?, ?)",
                (code, key, client_ref, fingerprint, json.dumps(receipt), json.dumps(payload)),
            )
        return Accepted(code, fingerprint, receipt, payload)

    def by_key(self, key: str) -> Accepted | None:
        """The dossier that came under this Idempotency-Key."""
        return self._dossier("key = ?", key)

    def by_client_ref(self, client_ref: str) -> Accepted | None:
        """The dossier that a kiosk calls by this id."""
        return self._dossier("client_ref = ?", client_ref)

    def by_code(self, code: str) -> Accepted | None:
        """The dossier of this official code."""
        return self._dossier("code = ?", code)

    def _dossier(self, condition: str, value: str) -> Accepted | None:
        row = self._db.execute(_DOSSIER + condition, (value,)).fetchone()
        return Accepted(row[0], row[1], json.loads(row[2]), json.loads(row[3])) if row else None

    # progress

    def decide(self, code: str, act: Act) -> None:
        """An officer's decision."""
        values = (code, act.status, act.at.isoformat(), act.note, act.ask)
        self._db.execute("INSERT INTO act VALUES (?, ?, ?, ?, ?)", values)

    def acts(self, code: str) -> list[Act]:
        """The decisions on a dossier, in their order."""
        rows = self._db.execute("SELECT status, at, note, ask FROM act WHERE code = ? ORDER BY rowid", (code,))
        return [Act(row[0], datetime.fromisoformat(row[1]), row[2], row[3]) for row in rows]

    def supplement(self, name: str, at: datetime) -> None:
        """The wanted papers of the dossier of this code or client_ref have come."""
        self._db.execute("INSERT INTO supplement VALUES (?, ?)", (name, at.isoformat()))

    def supplemented_at(self, *names: str) -> datetime | None:
        """When the last papers came for a dossier by any of its names."""
        return self._latest("SELECT at FROM supplement WHERE name IN", names)

    def paid_at(self, *names: str) -> datetime | None:
        """When a payment for a dossier by any of its names was paid."""
        return self._latest("SELECT at FROM paid JOIN payment ON payment.id = paid.payment WHERE client_ref IN", names)

    def _latest(self, query: str, names: tuple[str, ...]) -> datetime | None:
        marks = ", ".join("?" * len(names))
        rows = self._db.execute(f"{query} ({marks})", names).fetchall()
        return max((datetime.fromisoformat(row[0]) for row in rows), default=None)

    # uploads

    def upload_info(self, uid: str) -> dict[str, Any] | None:
        """What tuspyserver keeps about an upload."""
        row = self._db.execute("SELECT info FROM upload WHERE uid = ?", (uid,)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def put_upload_info(self, uid: str, info: Mapping[str, Any]) -> None:
        """Keep it, instead of what was kept before."""
        self._put("upload", uid, json.dumps(info, default=str))

    def forget_upload(self, uid: str) -> None:
        """No such upload any more."""
        self._db.execute("DELETE FROM upload WHERE uid = ?", (uid,))

    # payments, VNeID

    def add_payment(self, payment: Payment, client_ref: str, amount_vnd: int) -> None:
        """Keep a payment that waits."""
        values = (payment.id, client_ref, str(amount_vnd), payment.asked_at.isoformat(), payment.vietqr)
        self._db.execute("INSERT INTO payment VALUES (?, ?, ?, ?, ?)", values)

    def payment(self, payment_id: str) -> Payment | None:
        """The payment of this id."""
        return self._payment("id = ?", payment_id)

    def payment_for(self, client_ref: str, amount_vnd: int) -> Payment | None:
        """The latest payment of this amount for this dossier."""
        return self._payment("client_ref = ? AND amount = ? ORDER BY asked_at DESC", client_ref, str(amount_vnd))

    def _payment(self, condition: str, *values: str) -> Payment | None:
        row = self._db.execute(f"SELECT id, asked_at, vietqr FROM payment WHERE {condition}", values).fetchone()  # noqa: S608
        return Payment(row[0], datetime.fromisoformat(row[1]), row[2]) if row else None

    def pay(self, payment_id: str, at: datetime) -> None:
        """The bank has confirmed it, once and for all."""
        self._db.execute("INSERT OR IGNORE INTO paid VALUES (?, ?)", (payment_id, at.isoformat()))

    def is_paid(self, payment_id: str) -> bool:
        """Whether the bank has confirmed it."""
        return bool(self._db.execute("SELECT 1 FROM paid WHERE payment = ?", (payment_id,)).fetchone())

    def add_vneid(self, session: VneidSession) -> None:
        """Keep an e-identification that was started."""
        values = (session.session, session.proof, session.asked_at.isoformat())
        self._db.execute("INSERT INTO vneid VALUES (?, ?, ?)", values)

    def vneid(self, session: str = "", proof: str = "") -> VneidSession | None:
        """The e-identification of this session, or the one that issued this proof."""
        query = "SELECT session, proof, asked_at FROM vneid WHERE session = ? OR proof = ?"
        row = self._db.execute(query, (session, proof)).fetchone()
        return VneidSession(row[0], row[1], datetime.fromisoformat(row[2])) if row else None

    # kiosks, settings

    def note_heartbeat(self, kiosk: str, at: datetime, body: Any) -> None:
        """Keep the last sign of life of a kiosk."""
        self._db.execute("INSERT OR REPLACE INTO heartbeat VALUES (?, ?, ?)", (kiosk, _text(at), json.dumps(body)))

    def heartbeat(self, kiosk: str) -> tuple[str, Any] | None:
        """When (RFC 3339) and what a kiosk said last."""
        row = self._db.execute("SELECT noted_at, body FROM heartbeat WHERE kiosk = ?", (kiosk,)).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def setting(self, name: str) -> str:
        """A remembered value; "" when there is none."""
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def put_setting(self, name: str, value: str) -> None:
        """Remember a value."""
        self._put("setting", name, value)

    def _put(self, table: str, key: str, value: str) -> None:
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))  # noqa: S608

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _text(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")
