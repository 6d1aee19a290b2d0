"""What a kiosk has of the outbox, put together for tests against a real province."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from offline_queue.blobs import BlobStore
from offline_queue.entry import EntryState, OutboxEntry
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper
from tests.queue.real_province import TOKEN, RealProvince, assert_arrived

CONFIRMED = "2026-11-23T07:59:00+07:00"
DECLARED = {  # what the province's schema wants beside the answers
    "identification": {"method": "chip", "assurance": "verified"},
    "declaration_confirmed_at": CONFIRMED,
    "notice_version": "1",
    "consents": [{"purpose": "dossier", "given_at": CONFIRMED}],
}


@dataclass
class Kiosk:
    """One store, and one sender at it."""

    folder: Path
    outbox: Outbox
    blobs: BlobStore
    gateway: HttpGateway
    sender: Sender

    def submit(self, *pages: bytes, entry_id: str = "") -> OutboxEntry:
        """Commit a dossier as the kiosk does."""
        with self.blobs.hold():
            one = entry(*(paper(self.blobs.put(page), len(page)) for page in pages), entry_id=entry_id)
            one = replace(one, payload={**one.payload, **DECLARED})
            self.outbox.add(one)
        return one

    def assert_delivered(self, province: RealProvince, sent: OutboxEntry, *files: bytes) -> None:
        """It is there, byte for byte, and the kiosk knows it by the code that the province gave it."""
        arrived = province.dossier(sent.id)
        assert_arrived(arrived, sent, *files)
        stored = self.outbox.get(sent.id)
        assert stored is not None
        assert stored.state is EntryState.DELIVERED
        assert stored.receipt is not None
        assert arrived is not None
        assert stored.receipt.code == arrived.code


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@contextmanager
def kiosk_at(
    url: str,
    folder: Path,
    timeout: tuple[float, float] = (1.0, 1.0),
    clock: Callable[[], datetime] = utc_now,
    token: str = TOKEN,
    seed: int = 1,
    tls: dict[str, Any] | None = None,
    **sender_options: Any,
) -> Iterator[Kiosk]:
    """A kiosk whose store is in `folder`, made when it is not there."""
    with ExitStack() as exits:
        outbox, blobs = Outbox(folder / "outbox.db", KEY, clock=clock), BlobStore(folder / "scans", KEY)
        exits.callback(outbox.close)
        gateway = HttpGateway(url, token, timeout=timeout, uploads=outbox.uploads, **(tls or {}))
        exits.callback(gateway.close)
        sender = Sender(outbox, blobs, gateway, lambda _: None, clock=clock, rng=random.Random(seed), **sender_options)
        exits.callback(sender.stop)
        yield Kiosk(folder, outbox, blobs, gateway, sender)
