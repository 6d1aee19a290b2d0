"""A damaged store: found at the start, set aside whole, and everything in it that can be read brought into a new one.

Bad sectors and worn flash cards cost pages of a file. SQLCipher finds each by its HMAC; the rest of the file is sound.
The first page is the one that nothing opens without, so a copy of it is kept beside the store: with it a damaged first
page can also be told from a wrong key.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlcipher3

from offline_queue.database import Database, connect, damage, is_full
from offline_queue.entry import LOST, PAPERS_LOST, SALVAGED, Attachment
from offline_queue.errors import KeyRefused, OutboxFull
from offline_queue.files import sync_folder, write_temporary
from offline_queue.rows import ATTACHMENT_COLUMNS, content_digest, insert_paper

log = logging.getLogger(__name__)
PAGE_BYTES = 4096  # SQLCipher 4
ROOM_FOR_THE_END = 256 * 1024 * 1024  # bytes, and sparse: SQLite opens no file that is shorter than its header says


@dataclass(frozen=True)
class Salvaged:
    """How many entries came over whole, of how many only a stub, and where the damaged store lies."""

    whole: int
    stubs: int
    aside: Path


def check(path: Path, key: bytes, now: datetime) -> Salvaged | None:
    """Check the store before anybody uses it; None when it is sound, or there is none. Raises `OutboxError`, OSError.

    Needs the store for itself. A wrong key is refused, and nothing is touched; nor on a disk without room, which is no
    damage (`OutboxFull`).
    """
    if not path.exists():
        return None
    first_page = path.with_name(f"{path.name}-first-page")
    found = _damage(path, key)
    if found is None and not _opens_with(path, first_page, key):
        raise KeyRefused("key_wrong", str(path))
    if found == ():
        _keep_first_page(path, first_page)
        return None
    log.error("store: damaged (%s): bringing over what can be read", found[0] if found else "first page")
    return _salvage(path, key, now, first_page if found is None else None)


def _damage(path: Path, key: bytes) -> tuple[str, ...] | None:
    """What the integrity checks find; None when the file does not open at all."""
    try:
        connection = connect(path, key)
        try:
            return damage(connection)
        finally:
            connection.close()
    except sqlcipher3.DatabaseError as error:
        code, name = getattr(error, "sqlite_errorcode", 0) & 0xFF, str(getattr(error, "sqlite_errorname", ""))
        if is_full(code, path.parent):
            raise OutboxFull(name) from None
        return (name,) if code != sqlcipher3.SQLITE_NOTADB else None


@contextmanager
def _room_is_needed(*made: Path) -> Iterator[None]:
    """A disk without room is told as such, and what was half made is taken away."""
    try:
        yield
    except (OSError, OutboxFull) as error:
        if isinstance(error, OSError) and error.errno != errno.ENOSPC:
            raise
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                if not path.is_dir():
                    path.with_name(name).unlink(missing_ok=True)
        raise OutboxFull(type(error).__name__) from None


def _keep_first_page(path: Path, copy: Path) -> None:
    with path.open("rb") as file:
        page = file.read(PAGE_BYTES)
    if len(page) == PAGE_BYTES and (not copy.exists() or copy.read_bytes() != page):
        with _room_is_needed():
            write_temporary(path.parent, [page]).replace(copy)
        sync_folder(path.parent)


def _opens_with(path: Path, first_page: Path, key: bytes) -> bool:
    """Whether the key opens the copy of the first page: then it is the right key, and the page is what is damaged."""
    if not first_page.exists() or path.read_bytes()[:PAGE_BYTES] == first_page.read_bytes():
        return False
    trial = write_temporary(path.parent, [first_page.read_bytes()])
    try:
        return _damage(trial, key) is not None
    finally:
        for name in (trial.name, f"{trial.name}-wal", f"{trial.name}-shm"):
            trial.with_name(name).unlink(missing_ok=True)


def _salvage(path: Path, key: bytes, now: datetime, first_page: Path | None) -> Salvaged:
    aside = path.parent / "damaged" / now.strftime("%Y%m%dT%H%M%S")
    working, fresh = path.with_name(f"{path.name}-salvage-from"), path.with_name(f"{path.name}-salvage-to")
    with _room_is_needed(aside, working, fresh):
        _keep_whole(path, aside)
        _copy(path, working, first_page)
        fresh.unlink(missing_ok=True)
        whole, stubs = _bring_over(Source(working, key), fresh, key, now)
    for name in (f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)  # a log of the old file must never be applied to the new one
    fresh.replace(path)
    for name in (working.name, f"{working.name}-wal", f"{working.name}-shm", f"{fresh.name}-wal", f"{fresh.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    sync_folder(path.parent)
    return Salvaged(whole, stubs, aside)


def _keep_whole(path: Path, aside: Path) -> None:
    """The damaged file with its log, as it lies there."""
    aside.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (path.name, f"{path.name}-wal"):
        if path.with_name(name).exists():
            shutil.copy(path.with_name(name), aside / name)
            _sync(aside / name)
    sync_folder(aside)


def _copy(path: Path, working: Path, first_page: Path | None) -> None:
    """A copy that can be opened."""
    shutil.copy(path, working)
    os.truncate(working, working.stat().st_size + ROOM_FOR_THE_END)
    if first_page is not None:
        with working.open("r+b") as file:
            file.write(first_page.read_bytes())


class Source:
    """The damaged file: SQLCipher refuses everything after the first bad page, so each error means to open it anew."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._open: Callable[[], Any] = lambda: connect(path, key)
        self._connection: Any = None

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows up to the first that cannot be read."""
        try:
            if self._connection is None:
                self._connection = self._open()
            yield from self._connection.execute(sql, values)
        except sqlcipher3.Error:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _bring_over(source: Source, fresh: Path, key: bytes, now: datetime) -> tuple[int, int]:
    target = Database(fresh, key)
    names = [row[1] for row in target.query("PRAGMA table_info(entries)")]
    columns, marks = ", ".join(names), ", ".join("?" * len(names))
    stubs = _known(source)
    whole = 0
    with target.writing() as connection:
        for seq in sorted(_numbers(source) | stubs.keys()):
            rows = list(source.rows(f"SELECT {columns} FROM entries WHERE seq = ?", seq))  # noqa: S608
            if rows and _is_as_it_was(dict(zip(names, rows[0], strict=True)), papers := _papers(source, seq)):
                connection.execute(f"INSERT INTO entries ({columns}) VALUES ({marks})", rows[0])  # noqa: S608
                whole += _insert_papers(connection, seq, papers)
                stubs.pop(seq, None)
        for seq, (entry_id, code) in stubs.items():
            connection.execute(
                "INSERT INTO entries (seq, id, procedure_code, created_at, state, changed_at, provisional_code,"
                " last_error, digest) VALUES (?, ?, '', ?, 'rejected', ?, ?, ?, x'')",
                (seq, entry_id, now.isoformat(), round(now.timestamp() * 1000), code, LOST),
            )
        for row in source.rows("SELECT entry_id, sha256, url FROM uploads"):
            connection.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?)", row)
        for row in source.rows("SELECT code, at, detail FROM notices"):
            connection.execute("INSERT OR IGNORE INTO notices VALUES (?, ?, ?)", row)
        # what was under way has to be asked for: nobody knows which attempts were in the pages that are gone
        connection.execute("UPDATE entries SET not_taken = 0, attempts = max(attempts, 1), due = 0")
        told = f"{whole} + {len(stubs)}"
        notice = (SALVAGED, round(now.timestamp() * 1000), told)
        connection.execute("INSERT OR REPLACE INTO notices VALUES (?, ?, ?)", notice)
    target.query("PRAGMA wal_checkpoint(TRUNCATE)")
    target.close()
    source.close()
    return whole, len(stubs)


def _papers(source: Source, seq: int) -> list[Attachment] | None:
    """An entry's papers; None when they cannot all be read."""
    count = next(source.rows("SELECT count(*) FROM attachments WHERE entry = ?", seq), None)
    sql = f"SELECT {ATTACHMENT_COLUMNS} FROM attachments WHERE entry = ? ORDER BY number"  # noqa: S608
    papers = [Attachment(*row) for row in source.rows(sql, seq)]
    return papers if count == (len(papers),) else None


def _is_as_it_was(row: dict[str, Any], papers: list[Attachment] | None) -> bool:
    """Whether a row holds what was committed: SQLCipher may give a damaged page out as zeros, without an error."""
    if row["payload"] is None or papers is None:
        return "\0" not in f"{row['payload']}{row['receipt']}{row['problems']}"
    return bool(row["digest"] == content_digest(row["procedure_code"], row["payload"], papers))


def _insert_papers(connection: Any, seq: int, papers: list[Attachment] | None) -> bool:
    """Bring the papers over; an entry without the list of them waits for staff, since half of it must not be sent."""
    for number, paper in enumerate(papers or ()):
        insert_paper(connection, seq, number, paper)
    if papers is None:
        connection.execute(
            "UPDATE entries SET state = 'rejected', last_error = ?"
            " WHERE seq = ? AND state IN ('pending', 'sending', 'rejected')",
            (PAPERS_LOST, seq),
        )
    return papers is not None


def _numbers(source: Source) -> set[int]:
    """The numbers of all rows that the table itself still leads to, from both ends."""
    found: set[int] = set()
    for order in ("ASC", "DESC"):
        found |= {row[0] for row in source.rows(f"SELECT seq FROM entries NOT INDEXED ORDER BY seq {order}")}  # noqa: S608
    low, high = min(found, default=1), max(found, default=0)
    return found | set(range(low, high + 1))  # what lies between two bad pages


def _known(source: Source) -> dict[int, tuple[str, str]]:
    """Ids and provisional codes by number, out of the indexes: what is known of a row whose own page is gone."""
    codes = {
        seq: code
        for code, seq in source.rows(
            "SELECT provisional_code, seq FROM entries INDEXED BY entries_provisional WHERE provisional_code <> ''"
        )
    }
    ids = dict(source.rows("SELECT seq, id FROM entries INDEXED BY sqlite_autoindex_entries_1"))
    return {seq: (entry_id, codes.get(seq, "")) for seq, entry_id in ids.items()}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
