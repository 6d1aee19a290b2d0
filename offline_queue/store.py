"""The outbox on the disk: what is committed here reaches the province, whatever happens in between."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from offline_queue.database import Database
from offline_queue.entry import (
    EXPORTED,
    LOST,
    PAPERS_LOST,
    REPLACED,
    RETURNED,
    Attachment,
    EntryState,
    Limits,
    OutboxCounts,
    OutboxEntry,
    Problem,
    Receipt,
    Room,
)
from offline_queue.errors import OutboxConflict, OutboxFull, StoreFailed
from offline_queue.rows import ATTACHMENT_COLUMNS, COLUMNS, content_digest, entry_of, insert_entry, insert_paper, ms
from offline_queue.uploads import Uploads

__all__ = ["Outbox", "OutboxConflict", "OutboxFull"]

UNDELIVERED = (EntryState.REJECTED, EntryState.SENDING, EntryState.PENDING)
LEASE_SECONDS = 120.0
LONGEST_WAIT_MS = 3_600_000  # nothing is put off for longer, so a later due time was written under another clock
NO_LIMITS = Limits()
NEARLY = 0.8  # of the most that may wait: time to warn
LIST_ORDER = (EntryState.REJECTED, EntryState.SENDING, EntryState.PENDING, EntryState.DELIVERED, EntryState.CLOSED)
# named, as the planner would sort all that wait by another index: this one finds the first at any length
WAITING = "entries INDEXED BY entries_due WHERE state IN ('pending', 'sending')"
DUE_FIRST = f"""
    UPDATE entries SET state = 'sending', attempts = attempts + 1, due = :until WHERE seq = coalesce(
        (SELECT seq FROM {WAITING} AND due <= :now ORDER BY due, seq LIMIT 1),
        (SELECT seq FROM {WAITING} AND due > :horizon ORDER BY due, seq LIMIT 1)
    ) RETURNING {COLUMNS}, payload
"""  # noqa: S608
BY_CODE = f"""
    SELECT {COLUMNS}, payload FROM entries WHERE seq = (SELECT max(seq) FROM (
        SELECT seq FROM entries WHERE provisional_code = ?1 AND provisional_code <> ''
        UNION ALL SELECT seq FROM entries WHERE official_code = ?1 AND official_code <> ''))
"""  # noqa: S608


class Outbox:
    """Every method may be called from any thread, and by several processes at once.

    All raise `OutboxFull` or `StoreFailed` when the disk is full or does not answer. `add` returns once the entry is
    on the disk; `lease` gives an entry to one caller only, and it comes back by itself when that caller dies.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._path = path
        self._clock = clock
        self._limits = limits
        self._database = Database(path, key)
        self.uploads: MutableMapping[tuple[str, str], str] = Uploads(self._database)

    def close(self) -> None:
        """Close the file, for all threads."""
        self._database.close()

    def let_go(self) -> None:
        """Keep nothing in memory of what this thread has read or written; its next use takes a moment longer."""
        self._database.let_go()

    def empty_log(self) -> None:
        """Keep nothing of what was purged in the log either; for when there is nothing else to do."""
        self._database.empty_log()

    def room(self) -> Room:
        """Whether one more dossier fits: asked before a citizen begins, and for staff to act in good time."""
        return self._room(self._totals())

    def _room(self, total: Mapping[str, int]) -> Room:
        folder, limits = self._path.parent, self._limits
        disk = os.statvfs(folder)
        free, waiting = disk.f_bavail * disk.f_frsize, total["pending"] + total["sending"]
        if free < limits.min_free or waiting >= limits.max_waiting or not self._writable():
            return Room.NONE
        return Room.LOW if free < limits.warn_free or waiting >= NEARLY * limits.max_waiting else Room.PLENTY

    # -- in ------------------------------------------------------------------------------------------------------
    def add(self, entry: OutboxEntry, hold_seconds: float = 0.0) -> None:
        """Commit a dossier. The same again is a no-op; another one under its id raises `OutboxConflict`.

        It is not sent within `hold_seconds`, unless its papers are exchanged before.
        """
        due = ms(self._clock()) + round(hold_seconds * 1000) if hold_seconds else 0
        with self._database.writing() as connection:
            insert_entry(connection, entry, due)

    def exchange_papers(self, entry_id: str, papers: Sequence[Attachment]) -> tuple[str, ...] | None:
        """Other files for the same papers of a dossier that nobody has tried to send; it is due now.

        The hashes of files that no entry needs any more; None when it was too late, and nothing has changed.
        """
        with self._database.writing() as connection:
            rows = connection.execute(
                "UPDATE entries SET due = 0 WHERE id = ? AND state = 'pending' AND attempts = 0"
                " RETURNING seq, procedure_code, payload",
                (entry_id,),
            ).fetchall()
            if not rows:
                return None
            ((seq, procedure_code, payload),) = rows
            digest = content_digest(procedure_code, payload, papers)
            connection.execute("UPDATE entries SET digest = ? WHERE seq = ?", (digest, seq))
            old = connection.execute("DELETE FROM attachments WHERE entry = ? RETURNING sha256", (seq,)).fetchall()
            for number, paper in enumerate(papers):
                insert_paper(connection, seq, number, paper)
            return self._unused(connection, [row[0] for row in old])

    def replace(self, rejected_id: str, corrected: OutboxEntry) -> bool:
        """Commit the correction of a rejected entry and close that one; False when it is not rejected any more.

        The correction keeps the provisional code, so that the citizen's slip leads to it. What was declared first
        stays beside it until the province has accepted.
        """
        with self._database.writing() as connection:
            closed = connection.execute(
                "UPDATE entries SET state = 'closed', changed_at = ?, last_error = ?"
                " WHERE id = ? AND state = 'rejected' RETURNING provisional_code",
                (ms(self._clock()), REPLACED, rejected_id),
            ).fetchall()
            if closed:
                insert_entry(connection, replace(corrected, replaces=rejected_id, provisional_code=closed[0][0]))
            return bool(closed)

    def give_back(self, rejected_id: str) -> tuple[str, ...]:
        """Close a rejected entry whose citizen was told: answers and papers are purged, the stub says so.

        The hashes of files that no other entry needs.
        """
        with self._database.writing() as connection:
            return self._purge(connection, "state = 'rejected' AND id = ?", rejected_id, "closed", RETURNED)

    def exported(self, entry_id: str) -> None:
        """It was moved to another machine: kept for staff, in case the file is lost, and no longer sent from here.

        Should they send it after all, the province is asked first: the other machine may have.
        """
        changes = "state = 'closed', due = 0, attempts = attempts + 1, last_error = ?"
        self._change(entry_id, changes, EXPORTED, states=UNDELIVERED)

    # -- out -----------------------------------------------------------------------------------------------------
    def lease(self, now: datetime, lease_seconds: float = LEASE_SECONDS) -> OutboxEntry | None:
        """The oldest entry that is due, given to this caller for `lease_seconds`; None when nothing is due.

        On the disk before anything is sent: after a power cut the province is asked whether it has arrived.
        """
        at = ms(now)
        times = {"now": at, "until": at + round(lease_seconds * 1000), "horizon": at + LONGEST_WAIT_MS}
        with self._database.writing() as connection:
            while rows := connection.execute(DUE_FIRST, times).fetchall():
                entry = self._entry(rows[0], connection)
                if entry.last_error != LOST:
                    return entry
                connection.execute(
                    "UPDATE entries SET state = 'rejected', due = 0, last_error = ? WHERE seq = ?", (LOST, rows[0][0])
                )
        return None

    def renew(self, entry_id: str, until: datetime) -> None:
        """Keep a leased entry until then: a large file on a slow line takes its time."""
        self._change(entry_id, "due = ?", ms(until), states=(EntryState.SENDING,))

    def delivered(self, entry_id: str, receipt: Receipt) -> tuple[str, ...]:
        """Keep a stub to look up, purge answers and papers; the hashes of files that no other entry needs."""
        body = json.dumps([receipt.code, receipt.status, receipt.received_at, receipt.due_at])
        # a power cut may undo it where no file is removed because of it: the province is asked, and says the same again
        with self._database.writing(durable=self._has_papers(entry_id)) as connection:
            taken = connection.execute(
                "UPDATE entries SET official_code = ?, receipt = ? WHERE id = ? AND state <> 'delivered'"
                " RETURNING replaces",
                (receipt.code, body, entry_id),
            ).fetchall()
            if not taken:
                return ()
            free = self._purge(connection, "id = ?", entry_id, "delivered", "")
            if taken[0][0]:
                free += self._purge(connection, "state = 'closed' AND id = ?", taken[0][0], "closed", REPLACED)
            return free

    def reject(self, entry_id: str, problems: Sequence[Problem], error: str = "province_rejected") -> None:
        """Leave it to staff, with the province's reasons; everything is kept."""
        body = json.dumps([[p.path, p.message] for p in problems], ensure_ascii=False)
        changes = "state = 'rejected', due = 0, not_taken = attempts, problems = ?, last_error = ?"
        self._change(entry_id, changes, body, error)

    def retry_at(self, entry_id: str, at: datetime | None, error: str, unsure: bool = True) -> None:
        """Put it back until `at` (None: it keeps its place and is due now); `error` is why.

        `unsure`: the attempt may have arrived all the same.
        """
        taken = "" if unsure else ", not_taken = attempts"
        self._change(entry_id, f"state = 'pending', due = ?, last_error = ?{taken}", ms(at) if at else 0, error)

    def retry_now(self, entry_id: str) -> None:
        """Send it as soon as possible, also one that was rejected or moved away; nothing happens to one that came
        to its end, or that a damaged disk has left without answers or papers."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE entries SET state = 'pending', due = 0, problems = '[]' WHERE id = ?"
                " AND (state = 'pending' OR (state = 'rejected' AND last_error NOT IN (?, ?))"
                "      OR (state = 'closed' AND last_error = ?))",
                (entry_id, LOST, PAPERS_LOST, EXPORTED),
            )

    def retry_all_now(self) -> None:
        """Make all that wait due, whatever their back-off."""
        with self._database.writing() as connection:
            connection.execute("UPDATE entries SET due = 0 WHERE state = 'pending' AND due > 0")

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around everything that a sender does: when no other sender lives, the leases of dead ones come back at once.

        Each living sender holds a shared lock, which the kernel takes away with its process.
        """
        with self._senders() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with self._database.writing() as connection:
                    connection.execute("UPDATE entries SET state = 'pending', due = 0 WHERE state = 'sending'")
            except BlockingIOError:
                pass  # another sender lives: its leases end by themselves
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    # -- looking -------------------------------------------------------------------------------------------------
    def get(self, entry_id: str) -> OutboxEntry | None:
        """One entry with all that is kept of it."""
        rows = self._database.query(f"SELECT {COLUMNS}, payload FROM entries WHERE id = ?", entry_id)  # noqa: S608
        return self._entry(rows[0]) if rows else None

    def find_by_code(self, code: str) -> OutboxEntry | None:
        """The entry with this provisional or official code, the newest if there are several."""
        if not code:
            return None
        rows = self._database.query(BY_CODE, code)
        return self._entry(rows[0]) if rows else None

    def is_taken(self, code: str, entry: OutboxEntry) -> bool:
        """Whether another dossier has this official code; missing papers may come under that of theirs."""
        sql = "SELECT 1 FROM entries WHERE official_code = ? AND official_code <> '' AND id <> ? LIMIT 1"
        return code != entry.replaces and bool(self._database.query(sql, code, entry.id))

    def list(self, limit: int = 100, states: Collection[EntryState] = LIST_ORDER) -> list[OutboxEntry]:
        """Entries without payload: rejected ones first, what waits, oldest first; last what ended, newest first."""
        found: list[OutboxEntry] = []
        for state in (s for s in LIST_ORDER if s in states):
            order = "DESC" if state in (EntryState.DELIVERED, EntryState.CLOSED) else "ASC"
            rows = self._database.query(
                f"SELECT {COLUMNS}, NULL FROM entries WHERE state = ? ORDER BY seq {order} LIMIT ?",  # noqa: S608
                state,
                limit - len(found),
            )
            found += [self._entry(row) for row in rows]
        return found

    def counts(self) -> OutboxCounts:
        """The figures for the status bar; what is being sent counts as pending. The same cost at any length."""
        total = self._totals()
        oldest = self._database.query(
            "SELECT created_at FROM entries WHERE seq = (SELECT min(seq) FROM ("
            "SELECT min(seq) AS seq FROM entries WHERE state = 'pending' UNION ALL"
            " SELECT min(seq) FROM entries WHERE state = 'sending'))"
        )
        return OutboxCounts(
            pending=total["pending"] + total["sending"],
            rejected=total["rejected"],
            delivered=total["delivered"],
            oldest_pending=datetime.fromisoformat(oldest[0][0]) if oldest else None,
            room=self._room(total),
            notices=tuple(self.notices()),
        )

    def seconds_until_due(self, now: datetime) -> float | None:
        """How long until the next entry is due, 0 when one is; None when nothing waits."""
        at = ms(now)
        ((first, last),) = self._database.query(
            f"SELECT (SELECT due FROM {WAITING} ORDER BY due LIMIT 1),"  # noqa: S608
            f" (SELECT due FROM {WAITING} ORDER BY due DESC LIMIT 1)"
        )
        if first is None:
            return None
        return 0.0 if last > at + LONGEST_WAIT_MS else max(0.0, (first - at) / 1000)

    def forget(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """Remove what has ended for longer than `keep`, stubs too; the hashes of files that no other entry needs.

        `now` is by the province's clock, and an entry counts from the first look that finds it ended: ours may have
        been years off when it ended.
        """
        ended, old = "state IN ('delivered', 'closed')", ms(now - keep)
        with self._database.writing() as connection:
            connection.execute(f"UPDATE entries SET due = ? WHERE {ended} AND due = 0", (ms(now),))  # noqa: S608
            free = self._purge(connection, f"{ended} AND due < ?", old)
            connection.execute(f"DELETE FROM entries WHERE {ended} AND due < ?", (old,))  # noqa: S608
            return free

    def notice(self, code: str, detail: str = "") -> None:
        """Tell staff of something until it is over: a stable code, and figures that name no citizen."""
        with self._database.writing() as connection:
            values = (code, ms(self._clock()), detail)
            connection.execute("INSERT OR REPLACE INTO notices VALUES (?, ?, ?)", values)

    def end_notice(self, code: str) -> None:
        """It is over, or staff have seen it."""
        if self._database.query("SELECT 1 FROM notices WHERE code = ?", code):
            with self._database.writing() as connection:
                connection.execute("DELETE FROM notices WHERE code = ?", (code,))

    def notices(self) -> dict[str, str]:
        """What staff must know of: details by code, oldest first."""
        return dict(self._database.query("SELECT code, detail FROM notices ORDER BY at, code"))

    def blob_ids(self) -> frozenset[str]:
        """The hashes of all files that an entry needs."""
        return frozenset(row[0] for row in self._database.query("SELECT DISTINCT sha256 FROM attachments"))

    def uses_blob(self, sha256: str) -> bool:
        """Whether any entry needs the file with this hash."""
        return bool(self._database.query("SELECT 1 FROM attachments WHERE sha256 = ? LIMIT 1", sha256))

    def damage(self) -> tuple[str, ...]:
        """What an integrity check of the whole file finds: pages that do not decrypt; if all do, broken structures."""
        return self._database.damage()

    # -- inside --------------------------------------------------------------------------------------------------
    def _senders(self) -> IO[str]:
        try:
            return self._path.with_name(self._path.name + "-senders").open("a")
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None

    def _writable(self) -> bool:
        # tried, as access(2) knows nothing of a file system that an error has made read-only
        try:
            self._senders().close()
        except StoreFailed:
            return False
        return True

    def _change(
        self,
        entry_id: str,
        changes: str,
        *values: object,
        states: Sequence[EntryState] = (EntryState.PENDING, EntryState.SENDING),
    ) -> None:
        # guarded by state: a sender whose lease ran out must not undo what another one has reached meanwhile
        marks = ", ".join("?" * len(states))
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE entries SET {changes}, changed_at = ? WHERE id = ? AND state IN ({marks})",  # noqa: S608
                (*values, ms(self._clock()), entry_id, *states),
            )

    def _purge(self, connection: Any, which: str, value: object, state: str = "", error: str = "") -> tuple[str, ...]:
        """Drop answers and papers of those entries, in their new state if one is given; files that nobody needs."""
        ended = (ms(self._clock()), state, error) if state else ()
        changes = ", changed_at = ?, due = 0, problems = '[]', state = ?, last_error = ?" if state else ""
        gone = connection.execute(
            f"UPDATE entries SET payload = NULL{changes} WHERE {which} RETURNING seq, id",  # noqa: S608
            (*ended, value),
        ).fetchall()
        hashes: dict[str, None] = {}
        for seq, entry_id in gone:
            connection.execute("DELETE FROM uploads WHERE entry_id = ?", (entry_id,))
            papers = connection.execute("DELETE FROM attachments WHERE entry = ? RETURNING sha256", (seq,)).fetchall()
            hashes |= dict.fromkeys(row[0] for row in papers)
        return self._unused(connection, list(hashes))

    @staticmethod
    def _unused(connection: Any, hashes: Sequence[str]) -> tuple[str, ...]:
        used = "SELECT 1 FROM attachments WHERE sha256 = ?"
        return tuple(sha256 for sha256 in dict.fromkeys(hashes) if not connection.execute(used, (sha256,)).fetchall())

    def _has_papers(self, entry_id: str) -> bool:
        sql = (
            "SELECT 1 FROM attachments WHERE entry IN"
            " (SELECT seq FROM entries WHERE id = ?1 OR id = (SELECT replaces FROM entries WHERE id = ?1)) LIMIT 1"
        )
        return bool(self._database.query(sql, entry_id))

    def _totals(self) -> dict[str, int]:
        return dict(self._database.query("SELECT state, entries FROM totals"))

    def _entry(self, row: Sequence[Any], connection: Any = None) -> OutboxEntry:
        sql = f"SELECT {ATTACHMENT_COLUMNS} FROM attachments WHERE entry = ? ORDER BY number"  # noqa: S608
        papers = connection.execute(sql, (row[0],)).fetchall() if connection else self._database.query(sql, row[0])
        return entry_of(row, papers)
