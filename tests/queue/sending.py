"""What a kiosk has of the outbox, around a real sender and a real province."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxChanged, OutboxEntry
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import entry, paper

SOON = 10  # seconds; only a broken sender needs them


@dataclass
class Kiosk:
    """What a kiosk has of the outbox."""

    outbox: Outbox
    blobs: BlobStore
    gateway: HttpGateway
    sender: Sender
    events: queue.SimpleQueue[OutboxChanged]
    scans: Path

    def submit(self, *pages: bytes) -> OutboxEntry:
        """Commit a dossier as the kiosk does."""
        with self.blobs.hold():
            one = entry(*(paper(self.blobs.put(page), len(page)) for page in pages))
            self.outbox.add(one)
        return one

    def wait(self, wanted: Callable[[OutboxChanged], bool]) -> OutboxChanged:
        """The next event of this kind."""
        while True:
            event = self.events.get(timeout=SOON)
            if wanted(event):
                return event

    def files(self) -> list[str]:
        """Names of the scans on the disk."""
        return [path.name for path in self.scans.iterdir() if path.name != "lock"]


def replaced(kiosk: Kiosk, **values: Any) -> Sender:
    """The kiosk's sender with other settings."""
    kiosk.sender = Sender(kiosk.outbox, kiosk.blobs, kiosk.gateway, kiosk.events.put, rng=random.Random(1), **values)
    return kiosk.sender


def all_sent(event: OutboxChanged) -> bool:
    return event.counts.pending == 0 and event.counts.delivered > 0
