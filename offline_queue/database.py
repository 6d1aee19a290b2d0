"""The encrypted database file under the outbox: one connection a thread, durable transactions, plain errors."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlcipher3

from offline_queue.errors import KeyRefused, OutboxError, OutboxFull, StoreFailed
from offline_queue.files import OWNER_ONLY, make_folder, sync_folder

SCHEMA = Path(__file__).with_name("schema.sql")
MIGRATIONS = Path(__file__).with_name("migrations")  # `to_N.sql` makes version N of the one before
SCHEMA_VERSION = 3
BUSY_SECONDS = 20.0  # several processes write: each waits this long for its turn
GIVE_WAY_MS = 500  # what only tidies up waits no longer for the others
NEARLY_FULL_BYTES = 1024 * 1024  # an I/O error with less room than this on the disk is a full disk
CORRUPT = 11  # SQLITE_CORRUPT: a page does not decrypt, or does not hold what it should
NOT_A_DATABASE = 26  # SQLITE_NOTADB: the first page does not decrypt
FULL = 13  # SQLITE_FULL
CANNOT_OPEN = 14  # SQLITE_CANTOPEN: a side file cannot be made
IO_ERROR = 10  # SQLITE_IOERR: among others, no room for the shared-memory file


def connect(path: Path, key: bytes) -> Any:
    """A connection to an encrypted file; whether the key fits shows at the first use. Raises the library's errors."""
    connection = sqlcipher3.connect(str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr; what it tells comes as errors
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def damage(connection: Any) -> tuple[str, ...]:
    """What a check of the whole file finds: pages that do not decrypt; if all do, broken structures."""
    # the cipher's check looks past the log at the file alone, where a power cut may have torn what the log still has
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    pages = tuple(f"cipher: {row[0]}" for row in connection.execute("PRAGMA cipher_integrity_check"))
    return pages or tuple(row[0] for row in connection.execute("PRAGMA quick_check") if row[0] != "ok")


def is_full(code: int, folder: Path) -> bool:
    """Whether an error of SQLite (its primary code) means that there is no room: it has several names for that."""
    if code == FULL:
        return True
    try:
        return code in (IO_ERROR, CANNOT_OPEN) and shutil.disk_usage(folder).free < NEARLY_FULL_BYTES
    except OSError:
        return False  # the folder is gone: that is another trouble


class Database:
    """SQLCipher in WAL mode: readers never wait for a writer, and a commit returns once it is on the disk."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._local = threading.local()
        self._connections: list[Any] = []
        self._create_file()
        with self._plain_errors():
            self._prepare()

    def close(self) -> None:
        """Close the connections of every thread."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def let_go(self) -> None:
        """Close this thread's connection with all that its cache and its statements hold; the next use opens anew."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            self._local.connection = None
            self._connections.remove(connection)
            connection.close()

    def empty_log(self) -> None:
        """Bring the log into the file and cut it off; while others read or write it stays for the next time."""
        connection = self._connection()
        with self._plain_errors():
            connection.execute(f"PRAGMA busy_timeout = {GIVE_WAY_MS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.let_go()

    def query(self, sql: str, *values: object) -> list[Any]:
        """All rows of a SELECT."""
        with self._plain_errors():
            rows: list[Any] = self._connection().execute(sql, values).fetchall()
            return rows

    def damage(self) -> tuple[str, ...]:
        """What an integrity check of the whole file finds."""
        with self._plain_errors():
            return damage(self._connection())

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[Any]:
        """One transaction, all or nothing, on the disk when the block has ended. Raises `OutboxFull`, `StoreFailed`.

        Not `durable`: seen by all at once and safe from a crash of the process, but a power cut may undo it, as if it
        had not been done yet; the next durable one takes it to the disk as well.
        """
        connection = self._connection()
        with self._plain_errors():
            if not durable:
                connection.execute("PRAGMA synchronous = NORMAL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if not durable:
                    connection.execute("PRAGMA synchronous = FULL")

    def _create_file(self) -> None:
        """SQLite gives its side files the rights of the main one: so that one is made here, for the owner only."""
        try:
            make_folder(self.path.parent)
            # a file that is there is not opened: closing it would end SQLite's locks on it in this process
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
            sync_folder(self.path.parent)
        except OSError as error:
            raise StoreFailed("store_failed", f"{self.path}: {error.strerror}") from None

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            with self._plain_errors():
                connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> Any:
        connection = connect(self.path, self._key)
        self._connections.append(connection)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        return connection

    def _prepare(self) -> None:
        """Make the tables, or bring those of an earlier version here, all steps or none."""
        connection = self._connection()
        connection.execute("PRAGMA foreign_keys = OFF")  # not possible within a transaction
        with self.writing():
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise StoreFailed("store_too_new", f"version {version}")
            steps = [MIGRATIONS / f"to_{step}.sql" for step in range(version + 1, SCHEMA_VERSION + 1)]
            for script in steps if version else [SCHEMA]:
                for statement in _statements(script.read_text("utf-8")):
                    connection.execute(statement)
            if version < SCHEMA_VERSION:
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlcipher3.Error as error:
            raise self._translated(error) from None

    def _translated(self, error: Any) -> OutboxError:
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF  # the primary code
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if code == NOT_A_DATABASE:
            return KeyRefused("key_wrong", str(self.path))
        if code == CORRUPT:
            self.let_go()  # SQLCipher refuses everything after a bad page: the next use opens anew
            return StoreFailed("store_damaged", str(name))
        if is_full(code, self.path.parent):
            return OutboxFull(str(name))
        return StoreFailed("store_failed", str(name))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit the open transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlcipher3.complete_statement(statement):
            yield statement
            statement = ""
