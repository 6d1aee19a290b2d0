"""`Machine`: the only place where the parts meet."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from devices.errors import DeviceError
from devices.events import CardPresence, CodeScanned
from devices.interfaces import CardReader, CodeScanner
from devices.worker import DeviceWorker
from kiosk import heartbeat, i18n
from kiosk.builders import (
    accounts_of,
    choices_of,
    data_of,
    gateway_of,
    open_devices,
    province_of,
    site_clock,
    trust_of,
)
from kiosk.catalogue.own_files import OWN_CATALOGUE, OWN_REFUSED
from kiosk.catalogue.update import CatalogueNews, short
from kiosk.clerk import Clerk
from kiosk.config import ASSETS, Config
from kiosk.core import Parts
from kiosk.errands import inquiries
from kiosk.errands.inquiries import Inquiries
from kiosk.hall.news import HallNews
from kiosk.hall.setup import hall_of
from kiosk.open_numbers import print_before_leaving
from kiosk.own_data import OwnData
from kiosk.side_stores import open_ledger, open_metrics
from kiosk.stores import Stores, instance_lock, open_stores
from kiosk.text_layer import TextReader
from offline_queue.entry import SALVAGED, OutboxChanged
from offline_queue.link import LinkWatch
from offline_queue.sender import Sender
from offline_queue.store import Outbox

if TYPE_CHECKING:
    from kiosk.app import Kiosk
    from kiosk.pages.server import DeskPages
    from kiosk.sandbox.server import Province

log = logging.getLogger(__name__)
READ_SECONDS = 0.2


class _Thread(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


def _read_code(scanner: CodeScanner) -> Iterator[object]:
    if (text := scanner.read_code(READ_SECONDS)) is not None:
        yield CodeScanned("code_scanner", text)


def _tell_mistakes(outbox: Outbox, mistakes: Sequence[str]) -> None:
    """Staff learn that the site's own files are not the ones in force."""
    if mistakes:
        outbox.notice(OWN_REFUSED, short(mistakes))
    else:
        outbox.end_notice(OWN_REFUSED)


def _watch_card() -> Callable[[CardReader], Iterator[object]]:
    last: list[bool] = [False]

    def watch(reader: CardReader) -> Iterator[object]:
        time.sleep(READ_SECONDS)  # presence is asked for, not waited for: without a pause this thread would spin
        try:
            present = reader.card_present()
        except DeviceError:
            if last[0]:  # where no reader is, no card lies on it
                last[0] = False
                yield CardPresence("card_reader", present=False)
            raise
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
        self.news: CatalogueNews
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

        config = self.config
        stores = self._stores()
        data = self._data(stores)
        url = self._embedded_province()
        sender, asker = self._lines(stores, url)
        reader = TextReader(stores.outbox, stores.blobs, sender.wake) if config.storage.text_layer else None
        clerk = Clerk(self.inbox)
        self.devices = open_devices(config)
        workers = self._workers()
        self.kiosk = Kiosk(
            Parts(
                config=config,
                hall=hall_of(config, stores.tickets),
                lookup=data.lookup,
                choices=choices_of(config),
                forms=data.forms,
                workers=workers,
                clerk=clerk,
                inquiries=asker,
                ledger=open_ledger(config, stores),
                outbox=stores.outbox,
                blobs=stores.blobs,
                sender=sender,
                accounts=accounts_of(config),
                audit=stores.audit,
                trust=trust_of(config),
                clock=site_clock(config),
                text_reader=reader,
                metrics=open_metrics(config, stores),
            )
        )
        self._exits.callback(stores.tickets.database.subscribe(HallNews(self.inbox)))
        self._begin([*([reader] if reader else []), clerk, asker, *workers.values(), sender, LinkWatch(sender.wake)])

    def _stores(self) -> Stores:
        """What lies in the data folder, this machine's alone as long as it runs."""
        self._exits.enter_context(instance_lock(self.config.storage.data_dir))
        stores = open_stores(self.config, issuer=self.config.site.kiosk_id)
        self._exits.callback(stores.close)
        if SALVAGED not in stores.outbox.notices():  # until staff have seen it, what no list names may still be needed
            stores.blobs.sweep(stores.outbox.blob_ids)
        return stores

    def _data(self, stores: Stores) -> OwnData:
        """Catalogue, forms and texts as they hold, and who asks for news of them."""
        outbox, folders = stores.outbox, (ASSETS / "catalogue", self.config.storage.data_dir / OWN_CATALOGUE)
        data = data_of(self.config, starting=True)
        self._exits.enter_context(i18n.also(data.texts))
        _tell_mistakes(outbox, data.mistakes)
        self.news = CatalogueNews(*folders, self.inbox.put, outbox.notice, outbox.end_notice, data.folder)
        return data

    def _embedded_province(self) -> str:
        """Its address; "" where the province is a real one."""
        self.province = province_of(self.config)
        if self.province is None:
            return ""
        url = self.province.start()
        self._exits.callback(self.province.stop)
        return url

    def _lines(self, stores: Stores, url: str) -> tuple[Sender, Inquiries]:
        """The two to the province: a patient one for dossiers, a quick one for questions that somebody waits for."""
        gateway = gateway_of(self.config, stores.outbox, url)
        self._exits.callback(gateway.close)
        desk = gateway_of(self.config, stores.outbox, url, inquiries.TIMEOUT, inquiries.LONGEST)
        self._exits.callback(desk.close)
        sender = Sender(
            stores.outbox,
            stores.blobs,
            gateway,
            self._outbox_changed,
            report=lambda: heartbeat.report(self.config, self.kiosk.state),  # asked for after the kiosk is there
            keep=timedelta(days=self.config.storage.keep_days),
            catalogue=self.news.fetch,
        )
        return sender, Inquiries(self.inbox, desk)

    def _begin(self, threads: Sequence[_Thread]) -> None:
        """All threads, in this order; they end in the other one."""
        for thread in (*threads, *pages_of(self.kiosk, self.inbox)):
            thread.start()
            self._exits.callback(thread.stop)
        self._exits.callback(self.kiosk.keep_before_leaving)  # ends before them: the clerk still works
        self._exits.callback(print_before_leaving, self.kiosk.parts)

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


def pages_of(kiosk: Kiosk, inbox: queue.SimpleQueue[object]) -> Iterator[DeskPages]:
    """The pages of desk, counters and board, where they are wanted; the board is for all, also without officers."""
    parts = kiosk.parts
    hall, site = parts.config.hall, parts.config.site
    if hall.listen:
        from kiosk.pages.desk import Desk
        from kiosk.pages.server import Address, DeskPages
        from kiosk.voice import Voice
        from kiosk.voice.announce import Words

        if not any(account.role == "staff" for account in parts.accounts):
            log.warning("pages: nobody can log in; add an officer: main.py account add NAME --role staff")
        host, _, port = hall.listen.rpartition(":")
        desk = Desk(
            centre=site.name,
            kiosk_id=site.kiosk_id,
            zone=site.timezone,
            catalogue=parts.catalogue,
            forms=parts.forms,
            outbox=parts.outbox,
            blobs=parts.blobs,
            audit=parts.audit,
            accounts=parts.accounts,
            clock=parts.clock,
            wake=parts.sender.wake,
            counters=kiosk.counters,
            rules=parts.hall.rules,
            glance=lambda: kiosk.state,
            ask=inbox.put,
            voice=Voice(Words(hall.voice.odd, hall.voice.thousand), hall.voice.words_a_minute),
            notices=hall.notices,
        )
        yield DeskPages(desk, Address(host.strip("[]"), int(port), hall.certificate, hall.certificate_key))
