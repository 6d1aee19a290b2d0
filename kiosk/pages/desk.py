"""What the threads of the pages may touch of the kiosk: only parts that any thread may call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.audit import AuditLog
from kiosk.catalogue import Catalogue
from kiosk.desk_events import DeskAsked
from kiosk.forms import Form
from kiosk.hall.calling import CallingRules
from kiosk.hall.counters import Counters
from kiosk.pages.feed import Picture, picture
from kiosk.staff import Account
from kiosk.state import AppState
from kiosk.voice import Voice
from offline_queue.blobs import BlobStore
from offline_queue.store import Outbox


@dataclass(frozen=True)
class Desk:
    """`wake` tells the sender, and by it the glass, that the outbox has changed; `clock` is the site's time.

    `glance` gives what is on the glass; `ask` puts what an officer asks for into the kiosk's inbox; `notices` are the
    site's own texts for the board.
    """

    centre: str
    kiosk_id: str
    zone: str
    catalogue: Catalogue
    forms: Mapping[str, Form]
    outbox: Outbox
    blobs: BlobStore
    audit: AuditLog
    accounts: Sequence[Account]
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    counters: Counters
    rules: CallingRules
    glance: Callable[[], AppState]
    ask: Callable[[DeskAsked], None]
    voice: Voice
    notices: Sequence[str] = ()
    acting: threading.Lock = field(default_factory=threading.Lock)  # one officer ends a dossier at a time

    def look(self) -> Picture:
        """The hall and what needs a hand, now."""
        return picture(self.counters, self.glance, self.clock)
