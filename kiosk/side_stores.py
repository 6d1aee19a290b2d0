"""The two stores beside tickets and outbox, opened so that a damaged one keeps no kiosk from starting.

It is set aside whole, as a damaged outbox is, and begun anew; staff and technician are told in words of its own.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from kiosk.builders import ledger_of, metrics_of, site_clock
from kiosk.config import Config
from kiosk.errands.ledger import Ledger
from kiosk.figures.metrics import DAMAGED, Metrics
from kiosk.needs import FIGURES_LOST, PAYMENTS_LOST
from kiosk.stores import Stores
from offline_queue.database import is_full
from offline_queue.errors import OutboxError, OutboxFull, StoreFailed
from offline_queue.files import make_folder, sync_folder

log = logging.getLogger(__name__)
NO_KEY = ("key_missing", "key_malformed")  # what lies in the file nobody can read any more
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_metrics(config: Config, stores: Stores) -> Metrics:
    """The centre's figures; where they cannot be read, new ones. Raises `OutboxError`, OSError."""
    try:
        metrics = metrics_of(config)
        metrics.check()
    except OutboxError as error:
        if error.code not in (DAMAGED, *NO_KEY):
            raise
        _set_aside(config, stores, FIGURES_LOST, ("metrics.db", "metrics.key"))
        return metrics_of(config)
    return metrics


def open_ledger(config: Config, stores: Stores) -> Ledger:
    """What is remembered of payments; where it cannot be read, from now on. Raises `OutboxError`, OSError."""
    path, now = config.storage.data_dir / "ledger.db", site_clock(config)()
    try:
        if is_sound(path):
            return ledger_of(config, stores.tickets)
        _set_aside(config, stores, PAYMENTS_LOST, (path.name,))
        ledger = ledger_of(config, stores.tickets)
        ledger.begin_anew(now)
        return ledger
    except sqlite3.Error as error:
        if is_full((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF, path.parent):
            raise OutboxFull(path.name) from None
        raise StoreFailed("payments_failed", str(getattr(error, "sqlite_errorname", path))) from None


def is_sound(path: Path) -> bool:
    """Whether a plain SQLite file can be read, all of it; one that is not there is. Raises `sqlite3.Error`."""
    if not path.exists():
        return True
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in BROKEN:
            return False
        raise
    finally:
        connection.close()


def _set_aside(config: Config, stores: Stores, code: str, names: tuple[str, ...]) -> None:
    """Move the files with their logs into the folder `damaged`, and tell whoever tends the machine."""
    folder, now = config.storage.data_dir, site_clock(config)()
    aside = folder / "damaged" / now.strftime("%Y%m%dT%H%M%S")
    make_folder(aside)
    for name in names:
        for path in (folder / name, *(folder / f"{name}-{side}" for side in ("wal", "shm", "journal"))):
            if path.exists():
                path.rename(aside / path.name)
    sync_folder(aside)
    sync_folder(folder)
    log.error("%s: set aside in %s, begun anew", names[0], aside.name)
    stores.audit.write("kiosk", "store_set_aside", store=names[0], aside=aside.name)
    stores.outbox.notice(code, aside.name)
