"""What the threads of the pages may touch of the kiosk: only parts that any thread may call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.audit import AuditLog
from kiosk.catalogue import Catalogue
from kiosk.forms import Form
from kiosk.staff import Account
from offline_queue.blobs import BlobStore
from offline_queue.store import Outbox


@dataclass(frozen=True)
class Desk:
    """`wake` tells the sender, and by it the glass, that the outbox has changed; `clock` is the site's time."""

    centre: str
    kiosk_id: str
    catalogue: Catalogue
    forms: Mapping[str, Form]
    outbox: Outbox
    blobs: BlobStore
    audit: AuditLog
    accounts: Sequence[Account]
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    acting: threading.Lock = field(default_factory=threading.Lock)  # one officer ends a dossier at a time
