"""`build(config)`: the only place where the parts meet."""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from devices import registry
from devices.events import CardPresence, CodeScanned
from devices.interfaces import CardReader, CodeScanner
from devices.worker import DeviceWorker
from kiosk import heartbeat, inquiries, staff
from kiosk.audit import AuditLog
from kiosk.catalogue import load_catalogue
from kiosk.clerk import Clerk
from kiosk.config import ASSETS, Config
from kiosk.core import Parts
from kiosk.form_files import FormShelf, read_forms
from kiosk.hall.hall import Hall
from kiosk.hall.opening import OpeningHours
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import Series
from kiosk.inquiries import Inquiries
from kiosk.ledger import Ledger
from kiosk.text_layer import TextReader
from offline_queue import rotation, salvage
from offline_queue.blobs import BlobStore
from offline_queue.entry import SALVAGED, Limits, OutboxChanged
from offline_queue.files import create_once
from offline_queue.http_gateway import HttpGateway
from offline_queue.key import derive, load_or_create_key
from offline_queue.link import LinkWatch
from offline_queue.sender import Sender
from offline_queue.store import Outbox

if TYPE_CHECKING:
    from devices.card_reader.emrtd.trust import TrustStore
    from kiosk.app import Kiosk
    from kiosk.pages.server import DeskPages
    from kiosk.sandbox.server import Province

log = logging.getLogger(__name__)
READ_SECONDS = 0.2
PATIENT = (5.0, 20.0)  # seconds to connect and between two bytes, where nobody stands and waits
SANDBOX_TOKEN = "sandbox"  # noqa: S105  the embedded province listens on loopback only
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


def site_clock(config: Config) -> Callable[[], datetime]:
    """The time of the site, aware."""
    zone = ZoneInfo(config.site.timezone)
    return lambda: datetime.now(zone)


def open_stores(config: Config, issuer: str = "") -> Stores:
    """Open (on first start: make) the stores; `issuer` is the running kiosk. Raises `Refused` and `OutboxError`."""
    claim(config)
    folder, outbox_file = config.storage.data_dir, config.storage.data_dir / "outbox.db"
    audit = AuditLog(folder / "audit.jsonl")
    holding = ExitStack()
    try:
        _hold_outbox(config, audit, holding, check=bool(issuer))
        key = load_or_create_key(config.storage.key, store_exists=outbox_file.exists())
        outbox = Outbox(outbox_file, derive(key, OUTBOX), limits=limits_of(config))
    except BaseException:
        holding.close()
        raise
    holding.callback(outbox.close)
    tickets = TicketStore(config.hall.database or str(folder / "tickets.db"), issuer)
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


def hall_of(config: Config, tickets: TicketStore) -> Hall:
    """The hall with the rules of the configuration."""
    table = config.hall
    opening = OpeningHours(
        table.hours,
        config.site.timezone,
        weekdays=table.weekdays,
        holidays=table.holidays,
        workdays=table.workdays,
        last_ticket_minutes=table.last_ticket_minutes,
    )
    series = tuple(Series(s.letter, s.title, s.fields, s.counters, s.daily_limit, s.icon) for s in table.series)
    return Hall(tickets, series, opening, config.site.agency_code)


def gateway_of(
    config: Config, outbox: Outbox, province_url: str = "", timeout: tuple[float, float] = PATIENT
) -> HttpGateway:
    """The way to the province; `province_url` is the embedded one's, `timeout` as of `HttpGateway`."""
    table = config.province
    if table is None or table.sandbox:
        return HttpGateway(province_url or "http://127.0.0.1:9", SANDBOX_TOKEN, timeout=timeout, uploads=outbox.uploads)
    assert table.url is not None
    token = table.token_file.read_text(encoding="utf-8").strip() if table.token_file else ""
    return HttpGateway(table.url, token, table.ca_file, table.client_cert, timeout, outbox.uploads)


def province_of(config: Config) -> Province | None:
    """The embedded province, not started yet; None when the kiosk has a real one."""
    if config.province is None or not config.province.sandbox:
        return None
    from kiosk.sandbox.server import Province

    return Province(config.storage.data_dir / "province", config.site.agency_code, token=SANDBOX_TOKEN)


def open_devices(config: Config) -> dict[str, Any]:
    """The configured drivers by kind, not open yet."""
    made = {}
    # python-escpos pickles what it knows of printers: into a folder that only this kiosk can write to
    with suppress(OSError):
        config.storage.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ.setdefault("ESCPOS_CAPABILITIES_PICKLE_DIR", str(config.storage.data_dir))
    for kind, table in config.devices.items():
        if kind == "printer" and table.get("driver") == "simulated" and "folder" not in table:
            table = {**table, "folder": config.storage.data_dir / "printed"}
        made[kind] = registry.create(kind, table)
    return made


def _read_code(scanner: CodeScanner) -> Iterator[object]:
    if (text := scanner.read_code(READ_SECONDS)) is not None:
        yield CodeScanned("code_scanner", text)


def _watch_card() -> Callable[[CardReader], Iterator[object]]:
    last: list[bool] = [False]

    def watch(reader: CardReader) -> Iterator[object]:
        time.sleep(READ_SECONDS)  # presence is asked for, not waited for: without a pause this thread would spin
        present = reader.card_present()
        if present != last[0]:
            last[0] = present
            yield CardPresence("card_reader", present)

    return watch


class Machine:
    """A kiosk with all its parts running; closed in the reverse order."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._exits = ExitStack()
        self.devices: dict[str, Any] = {}
        self.province: Province | None = None
        self.kiosk: Kiosk

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def _start(self) -> None:
        from kiosk.app import Kiosk

        config, exits = self.config, self._exits
        exits.enter_context(instance_lock(config.storage.data_dir))
        stores = open_stores(config, issuer=config.site.kiosk_id)
        exits.callback(stores.close)
        if SALVAGED not in stores.outbox.notices():  # until staff have seen it, what no list names may still be needed
            stores.blobs.sweep(stores.outbox.blob_ids)
        self.province = province_of(config)
        url = self.province.start() if self.province else ""
        if self.province:
            exits.callback(self.province.stop)
        gateway = gateway_of(config, stores.outbox, url)
        exits.callback(gateway.close)
        sender = Sender(
            stores.outbox,
            stores.blobs,
            gateway,
            self._outbox_changed,
            report=lambda: heartbeat.report(config, self.kiosk.state),  # asked for after the kiosk is there
            keep=timedelta(days=config.storage.keep_days),
        )
        clerk = Clerk(self.inbox)
        desk = gateway_of(config, stores.outbox, url, inquiries.TIMEOUT)
        exits.callback(desk.close)
        asker = Inquiries(self.inbox, desk)
        reader = TextReader(stores.outbox, stores.blobs, sender.wake) if config.storage.text_layer else None
        self.devices = open_devices(config)
        workers = self._workers()
        self.kiosk = Kiosk(
            Parts(
                config=config,
                hall=hall_of(config, stores.tickets),
                catalogue=load_catalogue(ASSETS / "catalogue"),
                forms=forms_of(config),
                workers=workers,
                clerk=clerk,
                inquiries=asker,
                ledger=Ledger(config.storage.data_dir / "ledger.db"),
                outbox=stores.outbox,
                blobs=stores.blobs,
                sender=sender,
                accounts=accounts_of(config),
                audit=stores.audit,
                trust=trust_of(config),
                clock=site_clock(config),
                text_reader=reader,
            )
        )
        link = LinkWatch(sender.wake)
        pages = pages_of(self.kiosk.parts)
        parts: list[Clerk | Inquiries | DeviceWorker[Any] | Sender | LinkWatch | TextReader | DeskPages]
        parts = [*([reader] if reader else []), clerk, asker, *workers.values(), sender, link, *pages]
        for part in parts:
            part.start()
            exits.callback(part.stop)

    def _outbox_changed(self, event: OutboxChanged) -> None:
        self.inbox.put(event)

    def _workers(self) -> dict[str, DeviceWorker[Any]]:
        idle: dict[str, Any] = {"code_scanner": _read_code, "card_reader": _watch_card()}
        return {
            kind: DeviceWorker(kind, device, self.inbox, idle=idle.get(kind), renew=partial(self._renewed, kind))
            for kind, device in self.devices.items()
        }

    def _renewed(self, kind: str) -> Any:
        """Another driver in the place of one that hangs."""
        self.devices[kind] = open_devices(self.config)[kind]
        return self.devices[kind]


def pages_of(parts: Parts) -> Iterator[DeskPages]:
    """The pages of the officers' desk, where they are wanted and somebody may log in."""
    hall, site = parts.config.hall, parts.config.site
    if hall.listen and any(account.role == "staff" for account in parts.accounts):
        from kiosk.pages.desk import Desk
        from kiosk.pages.server import Address, DeskPages

        host, _, port = hall.listen.rpartition(":")
        desk = Desk(
            centre=site.name,
            kiosk_id=site.kiosk_id,
            catalogue=parts.catalogue,
            forms=parts.forms,
            outbox=parts.outbox,
            blobs=parts.blobs,
            audit=parts.audit,
            accounts=parts.accounts,
            clock=parts.clock,
            wake=parts.sender.wake,
        )
        yield DeskPages(desk, Address(host.strip("[]"), int(port), hall.certificate, hall.certificate_key))


def forms_of(config: Config) -> FormShelf:
    """The e-forms; one with a mistake is told in the log and left out, its last good version stays in use."""
    now = site_clock(config)
    forms, problems = read_forms(ASSETS / "forms", lambda: now().date())
    for problem in problems:
        log.error("forms: %s", problem)
    return forms


def trust_of(config: Config) -> Callable[[], TrustStore]:
    """Whom the chip reader trusts: the certificates in `csca_dir`; of simulated cards their own test authority."""
    table = config.devices.get("card_reader", {})

    @cache
    def load() -> TrustStore:
        from devices.card_reader.emrtd.trust import TrustStore

        if table.get("driver") == "simulated" and not table.get("csca_dir"):
            from devices.card_reader.simulated import simulated_trust

            return simulated_trust()
        store = TrustStore.load(Path(table["csca_dir"])) if table.get("csca_dir") else TrustStore()
        for name in store.problems:
            log.warning("card_reader: %s in csca_dir cannot be read", name)
        return store

    return load


def accounts_of(config: Config) -> tuple[staff.Account, ...]:
    """Who may open the other two doors."""
    if config.staff is not None:
        return staff.load_accounts(config.staff.accounts_file)
    return staff.default_accounts() if config.embedded else ()
