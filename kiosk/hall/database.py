"""One database of a hall, SQLite or PostgreSQL: transactions, trouble as codes, changes told to whoever listens."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Executable, Row, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection

from kiosk.hall.schema import CHANNEL, bring_up_to_date
from kiosk.hall.tickets import HallError

BUSY_SECONDS = 10.0  # a commit takes milliseconds: whoever waits longer has met a stuck process
CREATE_ATTEMPTS = 200
POLL_SECONDS = 0.2  # for what other processes write into the same file
# A dead server must be noticed before a person does: libpq takes no connect_timeout below 2 s.
SERVER_OPTIONS = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    # the last three: a kiosk that lost its power is forgotten by the server before it has started again
    "options": "-c statement_timeout=2000 -c lock_timeout=1500 -c idle_in_transaction_session_timeout=5000"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
}
SERVER_CONNECTIONS = 10
ANSWER_SECONDS = 3.0  # a server that takes longer for one statement than its own time-out is away
LOCK_POLL_SECONDS = 0.1
Run = Callable[[Executable], Sequence[Row[Any]]]


class Database:
    """Transactions that are on the disk when they end; each raises `HallError` when the disk or the server does not.

    Codes: `disk_full`, `hall_busy`, `hall_store`; `hall_away` when a server cannot be reached. SQLite has one writer at
    a time (`BEGIN IMMEDIATE`); on PostgreSQL rows are locked (`FOR UPDATE`), and every commit is told to all kiosks
    (`NOTIFY`).
    """

    def __init__(self, location: str | Path) -> None:
        named = isinstance(location, str) and "://" in location
        self.url = make_url(str(location)) if named else URL.create("sqlite", database=str(location))
        self.is_server = self.url.get_backend_name() != "sqlite"
        self._engine = _server_engine(self.url) if self.is_server else _sqlite_engine(self.url)
        self._writer = self._engine.execution_options(immediate=True)
        self.is_up = not self.is_server  # a server that was not reached is asked again by `create` alone
        self._listeners: dict[object, Callable[[], None]] = {}
        self._closed = threading.Event()
        self._poll: threading.Thread | None = None
        self._version: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the database."""
        self._closed.set()
        if self._poll is not None:
            self._poll.join()
        if self._version is not None:
            self._version.close()
        self._engine.dispose()

    def create(self) -> None:
        """Make the tables, or bring those of an earlier version up to date.

        Turning WAL on does not wait for a lock, so the first processes of all may collide.
        """
        if not self.is_up:
            self._engine.dispose()  # lines to a server that was away lead nowhere
        for attempt in range(CREATE_ATTEMPTS):
            try:
                with self._told(), self._writer.begin() as connection:
                    bring_up_to_date(connection)
                self.is_up = True
                return
            except HallError as error:
                if error.code != "hall_busy" or attempt == CREATE_ATTEMPTS - 1:
                    raise
                time.sleep(0.01)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `IntegrityError` as it is: whoever inserts knows what it means."""
        with self._told(), self._reached(self._writer) as connection:
            yield connection
        if not self.is_server:  # which tells it to all, also to us
            self.changed()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads."""
        with self._told(), self._reached(self._engine) as connection:
            yield connection

    def _reached(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Nobody waits for a server that is known to be away."""
        if not self.is_up:
            raise HallError("hall_away")
        return engine.begin()

    # -- changes -------------------------------------------------------------------------------------------------
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after every commit, also of other processes, on any thread; returns how to end that."""
        key = object()
        self._listeners[key] = wake
        if not self.is_server and self._poll is None:
            self._poll = threading.Thread(target=self._watch_file, name="hall-file", daemon=True)
            self._poll.start()
        return lambda: self._forget(key)

    def _forget(self, key: object) -> None:
        self._listeners.pop(key, None)

    def changed(self) -> None:
        """Wake all who listen."""
        for wake in tuple(self._listeners.values()):
            wake()

    @contextmanager
    def listening(self, name: str = "") -> Iterator[Callable[[float], bool]]:
        """Hear of every commit of a server: yields a function that waits some seconds and says whether there was one.

        It raises `HallError("hall_away")` when the server does not answer any more. `name`: of the only one that may
        listen by it; raises `HallError("kiosk_id_twice")` while another one does.
        """
        from psycopg import Error

        with self._told(), self._engine.connect() as connection:
            line = connection.execution_options(isolation_level="AUTOCOMMIT")
            if name:
                self._claim(line, name)
            line.execute(text(f"LISTEN {CHANNEL}"))
            driver = line.connection.driver_connection
            assert driver is not None

            def wait(seconds: float) -> bool:
                try:
                    told = any(True for _ in driver.notifies(timeout=seconds, stop_after=1))
                    if not told:
                        driver.execute("SELECT 1")
                except Error:
                    raise HallError("hall_away") from None
                return told

            try:
                yield wait
            finally:
                connection.invalidate()  # it would go on listening in the pool

    @contextmanager
    def alone(self, lock: int, seconds: float) -> Iterator[Run]:
        """Be the only one at a server who holds `lock`: yields how to run a statement, which is committed at once.

        Lock and statements have one line, which ends with them: whoever has lost the one can do the other no more.
        May be held while other things are waited for. Both raise `HallError`, also "hall_busy" when another one has
        held the lock for `seconds`; neither waits for a server that hangs.
        """
        if not self.is_up:
            raise HallError("hall_away")
        with self._told(), self._engine.connect() as connection:
            line = connection.execution_options(isolation_level="AUTOCOMMIT")

            def run(statement: Executable) -> Sequence[Row[Any]]:
                with self._told(), _cut_off_when_silent(line):
                    result = line.execute(statement)
                    return result.all() if result.returns_rows else ()

            try:
                end = time.monotonic() + seconds
                while not run(select(func.pg_try_advisory_lock(lock)))[0][0]:
                    if time.monotonic() > end:
                        raise HallError("hall_busy")
                    time.sleep(LOCK_POLL_SECONDS)
                yield run
            finally:
                connection.invalidate()

    def _claim(self, line: Connection, name: str) -> None:
        """Be the only one of this name; an earlier line of our own that just ends is waited for (`lock_timeout`)."""
        try:
            line.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": f"kiosk {name}"})
        except DBAPIError as error:
            if _server_code(error) != "hall_busy":
                raise
            raise HallError("kiosk_id_twice") from error

    def version(self) -> int | None:
        """A number that is another one after any commit to the file; None for a server, which tells by itself."""
        if self.is_server:
            return None
        try:
            if self._version is None:
                self._version = self._open_file()
            return _data_version(self._version)
        except sqlite3.Error as error:
            raise HallError(_sqlite_code(error)) from error

    def _open_file(self) -> sqlite3.Connection:
        return sqlite3.connect(str(self.url.database), check_same_thread=False, isolation_level=None)

    def _watch_file(self) -> None:
        with closing(self._open_file()) as file:
            seen = _data_version(file)
            while not self._closed.wait(POLL_SECONDS):
                with suppress(sqlite3.Error):  # a disk in trouble is told to whoever reads or writes
                    if (now := _data_version(file)) != seen:
                        seen = now
                        self.changed()

    # -- trouble -------------------------------------------------------------------------------------------------
    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except NoConnection as error:
            raise HallError("hall_busy") from error
        except DBAPIError as error:
            code = _server_code(error) if self.is_server else _sqlite_code(error.orig)
            if code == "hall_away":
                self.is_up = False
            raise HallError(code) from error


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_engine(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args=SERVER_OPTIONS,
        pool_size=SERVER_CONNECTIONS,
        max_overflow=0,
        pool_timeout=2,
    )


@contextmanager
def _cut_off_when_silent(line: Connection) -> Iterator[None]:
    """End the line under whoever waits on it for too long: libpq itself waits for a server that hangs as long as it
    hangs. On a second handle of the same socket, so that never another one is hit."""
    driver = line.connection.driver_connection
    assert driver is not None
    with socket.socket(fileno=os.dup(driver.fileno())) as handle:

        def cut() -> None:
            with suppress(OSError):  # the answer has just come
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(ANSWER_SECONDS, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, not where the driver guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _data_version(file: sqlite3.Connection) -> int:
    return int(file.execute("PRAGMA data_version").fetchone()[0])


def _sqlite_code(error: BaseException | None) -> str:
    extended = getattr(error, "sqlite_errorcode", 0)
    if extended & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "hall_busy"
    full = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
    return "disk_full" if extended in full else "hall_store"


def _server_code(error: DBAPIError) -> str:
    """By SQLSTATE (PostgreSQL, appendix A); no state at all: the server was not reached, or went away."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or not state or state.startswith(("08", "57P")):
        return "hall_away"
    if state in ("57014", "55P03", "40P01", "40001"):  # statement or lock time-out, deadlock, serialisation
        return "hall_busy"
    return "disk_full" if state.startswith("53") else "hall_store"
