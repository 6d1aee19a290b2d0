"""A kiosk and its province, for every test of the queue that has none of its own."""

from __future__ import annotations

import queue
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxChanged
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY
from tests.queue.province import TOKEN, Province, running
from tests.queue.sending import Kiosk


@pytest.fixture
def province() -> Iterator[Province]:
    with running() as one:
        yield one


@pytest.fixture
def kiosk(province: Province, tmp_path: Path) -> Iterator[Kiosk]:
    outbox, blobs = Outbox(tmp_path / "outbox.db", KEY), BlobStore(tmp_path / "scans", KEY)
    gateway = HttpGateway(province.url, TOKEN, timeout=(2, 2), uploads=outbox.uploads)
    events: queue.SimpleQueue[OutboxChanged] = queue.SimpleQueue()
    sender = Sender(outbox, blobs, gateway, events.put, rng=random.Random(1))
    yield Kiosk(outbox, blobs, gateway, sender, events, tmp_path / "scans")
    sender.stop()
    gateway.close()
    outbox.close()
