"""The data folder: whose it is, and what lies in it. Opened, held against others, sealed with a new key."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.audit import AuditLog
from kiosk.builders import site_clock
from kiosk.config import Config
from kiosk.hall.setup import tickets_of
from kiosk.hall.store import TicketStore
from offline_queue import rotation, salvage
from offline_queue.blobs import BlobStore
from offline_queue.entry import Limits
from offline_queue.files import create_once
from offline_queue.key import derive, load_or_create_key
from offline_queue.store import Outbox

log = logging.getLogger(__name__)
MB = 1024 * 1024
OUTBOX, SCANS = "outbox", "scans"  # what the subkeys are for


class Refused(Exception):
    """The kiosk does not start: `code` is translated with advice, `detail` names the place."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@contextmanager
def instance_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for one running kiosk (flock: it goes with the process). Raises `Refused`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("already_running", str(data_dir)) from None
        yield


def claim(config: Config) -> None:
    """Make the data folder this kiosk's, or refuse one that belongs to another."""
    folder = config.storage.data_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = folder / "kiosk"
    mine = f"{config.site.agency_code} {config.site.kiosk_id}\n"
    if not owner.exists():
        create_once(owner, mine.encode())
    if owner.read_text(encoding="utf-8") != mine:
        raise Refused("data_of_another_kiosk", str(folder))


@dataclass
class Stores:
    """What lies on the disk: tickets, outbox, scans, audit log."""

    tickets: TicketStore
    outbox: Outbox
    blobs: BlobStore
    audit: AuditLog
    holding: ExitStack  # the outbox, and the lock that keeps its files from being exchanged

    def close(self) -> None:
        """Close the files."""
        self.tickets.close()
        self.holding.close()


def open_stores(config: Config, issuer: str = "") -> Stores:
    """Open (on first start: make) the stores; `issuer` is the running kiosk. Raises `Refused` and `OutboxError`."""
    claim(config)
    folder, outbox_file = config.storage.data_dir, config.storage.data_dir / "outbox.db"
    audit = AuditLog(folder / "audit.jsonl", config.storage.audit_key)
    holding = ExitStack()
    try:
        _hold_outbox(config, audit, holding, check=bool(issuer))
        key = load_or_create_key(config.storage.key, store_exists=outbox_file.exists())
        outbox = Outbox(outbox_file, derive(key, OUTBOX), limits=limits_of(config))
        holding.callback(outbox.close)
        tickets = tickets_of(config, issuer, site_clock(config))
    except BaseException:
        holding.close()
        raise
    return Stores(tickets, outbox, BlobStore(folder / "scans", derive(key, SCANS)), audit, holding)


@contextmanager
def alone_with_outbox(config: Config) -> Iterator[None]:
    """Have the outbox for oneself, while no process has it open. Raises `Refused`."""
    with (config.storage.data_dir / "outbox.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("store_in_use", str(config.storage.data_dir)) from None
        yield


def _hold_outbox(config: Config, audit: AuditLog, holding: ExitStack, check: bool) -> None:
    """Keep everybody from exchanging the files of the outbox; before that, mend what a crash or the disk has broken."""
    outbox_file, key_file = config.storage.data_dir / "outbox.db", config.storage.key
    if check or rotation.unfinished(outbox_file):
        try:
            with alone_with_outbox(config):
                rotation.finish(outbox_file, key_file)
                if check and outbox_file.exists():
                    key = load_or_create_key(key_file, store_exists=True)
                    if saved := salvage.check(outbox_file, derive(key, OUTBOX), site_clock(config)()):
                        name = saved.aside.name
                        audit.write("kiosk", "store_salvaged", whole=saved.whole, stubs=saved.stubs, aside=name)
        except Refused:
            if rotation.unfinished(outbox_file):
                raise
            log.warning("outbox: another process has it open; it is checked at the next start")
    lock = holding.enter_context((config.storage.data_dir / "outbox.lock").open("a"))
    fcntl.flock(lock, fcntl.LOCK_SH)


def rotate_key(config: Config) -> int:
    """Seal the outbox and its scans with a new key; how many scans. Raises `Refused`, `OutboxError`, OSError."""
    claim(config)
    folder = config.storage.data_dir
    with alone_with_outbox(config):
        return rotation.rotate(
            folder / "outbox.db",
            folder / "scans",
            config.storage.key,
            outbox_key=lambda key: derive(key, OUTBOX),
            scans_key=lambda key: derive(key, SCANS),
        )


def limits_of(config: Config) -> Limits:
    """How much the outbox may hold."""
    table = config.storage
    return Limits(table.min_free_mb * MB, table.warn_free_mb * MB, table.max_waiting)
