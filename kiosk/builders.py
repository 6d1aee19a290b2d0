"""One part each, made as the configuration says."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from devices import registry
from kiosk import staff
from kiosk.catalogue.own_files import OWN_CATALOGUE
from kiosk.config import ASSETS, Config
from kiosk.errands.hall_ledger import HallLedger
from kiosk.errands.ledger import Ledger
from kiosk.figures.metrics import Metrics
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.store import TicketStore
from kiosk.own_data import OwnData, load_data
from kiosk.search.choices import Choices
from offline_queue.http_gateway import LONGEST_ANSWER, HttpGateway
from offline_queue.store import Outbox

if TYPE_CHECKING:
    from devices.card_reader.emrtd.trust import TrustStore
    from kiosk.sandbox.server import Province

log = logging.getLogger(__name__)
PATIENT = (5.0, 20.0)  # seconds to connect and between two bytes, where nobody stands and waits
SANDBOX_TOKEN = "sandbox"  # noqa: S105  the embedded province listens on loopback only


def site_clock(config: Config) -> Callable[[], datetime]:
    """The time of the site, aware."""
    zone = ZoneInfo(config.site.timezone)
    return lambda: datetime.now(zone)


def data_of(config: Config, starting: bool = False) -> OwnData:
    """Catalogue, search, forms and texts as they hold (`own_data`). Raises `CatalogueError`."""
    clock = site_clock(config)
    return load_data(ASSETS, config, lambda: clock().date(), starting)


def choices_of(config: Config) -> Choices:
    """What people here choose."""
    return Choices(config.storage.data_dir / OWN_CATALOGUE / "choices.json")


def metrics_of(config: Config) -> Metrics:
    """The centre's figures. Raises `OutboxError`."""
    return Metrics(config.storage.data_dir / "metrics.db")


def ledger_of(config: Config, tickets: TicketStore) -> Ledger:
    """What is remembered of payments: together with the other kiosks where the hall has a common database."""
    path = config.storage.data_dir / "ledger.db"
    return HallLedger(path, tickets, site_clock(config)) if isinstance(tickets, SharedStore) else Ledger(path)


def gateway_of(
    config: Config,
    outbox: Outbox,
    province_url: str = "",
    timeout: tuple[float, float] = PATIENT,
    longest: float = LONGEST_ANSWER,
) -> HttpGateway:
    """The way to the province; `province_url` is the embedded one's, `timeout` and `longest` as of `HttpGateway`."""
    table, uploads = config.province, outbox.uploads
    if table is None or table.sandbox:
        url = province_url or "http://127.0.0.1:9"
        return HttpGateway(url, SANDBOX_TOKEN, timeout=timeout, uploads=uploads, longest=longest)
    assert table.url is not None
    token = table.token_file.read_text(encoding="utf-8").strip() if table.token_file else ""
    return HttpGateway(table.url, token, table.ca_file, table.client_cert, timeout, uploads, longest)


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
