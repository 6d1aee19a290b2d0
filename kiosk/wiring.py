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
from typing import TYPE_CHECKING, Any, Self

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
from kiosk.side_stores import open_ledger, open_metrics
from kiosk.stores import instance_lock, open_stores
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

        config, exits = self.config, self._exits
        exits.enter_context(instance_lock(config.storage.data_dir))
        stores = open_stores(config, issuer=config.site.kiosk_id)
        exits.callback(stores.close)
        if SALVAGED not in stores.outbox.notices():  # until staff have seen it, what no list names may still be needed
            stores.blobs.sweep(stores.outbox.blob_ids)
        data = data_of(config, starting=True)
        exits.enter_context(i18n.also(data.texts))
        _tell_mistakes(stores.outbox, data.mistakes)
        outbox, folders = stores.outbox, (ASSETS / "catalogue", config.storage.data_dir / OWN_CATALOGUE)
        self.news = CatalogueNews(*folders, self.inbox.put, outbox.notice, outbox.end_notice, data.folder)
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
            catalogue=self.news.fetch,
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
        exits.callback(stores.tickets.database.subscribe(HallNews(self.inbox)))
        link = LinkWatch(sender.wake)
        pages = pages_of(self.kiosk, self.inbox)
        parts: list[Clerk | Inquiries | DeviceWorker[Any] | Sender | LinkWatch | TextReader | DeskPages]
        parts = [*([reader] if reader else []), clerk, asker, *workers.values(), sender, link, *pages]
        for part in parts:
            part.start()
            exits.callback(part.stop)
        exits.callback(self.kiosk.keep_before_leaving)  # what is registered last ends first: the clerk still works
        exits.callback(print_before_leaving, self.kiosk.parts)

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
